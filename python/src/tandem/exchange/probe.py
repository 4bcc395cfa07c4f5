"""Looks through an HDF5 file in a process of its own: of some damaged ones the library crashes, or never returns."""

import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tandem.errors import InputUnusable
from tandem.exchange.archives import MOST_GROWTH

#: How long looking through a file may take, and how much memory.
MOST_SECONDS = 60
MOST_MEMORY = 8 << 30
#: Up to this size numbers are read, too; of what is larger only where it lies.
SMALL_BYTES = 1 << 20
#: A list of more bytes than this that are nearly all made up by the file's compression is there to fill memory; what
#: has more dimensions is read a block at a time.
HARMLESS_BYTES = 1 << 28
#: What the process ends with when the file would have us read others, or holds such a list.
POINTS_ELSEWHERE, FILLS_MEMORY = 3, 4


def check_hdf5(path: Path) -> None:
    """Refuse a file that must not be opened in this process."""
    command = [sys.executable, "-m", "tandem.exchange.probe", str(path.absolute())]
    try:
        found = subprocess.run(command, check=False, capture_output=True, timeout=MOST_SECONDS).returncode
    except subprocess.TimeoutExpired:
        found = -1
    if found == POINTS_ELSEWHERE:
        raise InputUnusable(path=path, reason="its HDF5 has parts that lie in other files; write it as one file")
    if found == FILLS_MEMORY:
        reason = (
            f"its HDF5 holds a list more than {MOST_GROWTH} times as large as what is stored of it, as only bombs do"
        )
        raise InputUnusable(path=path, reason=reason)
    if found < 0:
        raise InputUnusable(path=path, reason="its HDF5 is damaged: it cannot be read to its end; fetch it again")


def look_through(path: str) -> int:
    """Read all that is small and where all that is large lies; what cannot be read is told when it is needed."""
    import h5py

    def looks_elsewhere(_name: str, link: Any) -> bool | None:
        return True if isinstance(link, h5py.ExternalLink) else None

    def fault_of(_name: str, item: Any) -> int | None:
        with suppress(Exception):
            for attribute in item.attrs:
                with suppress(Exception):
                    item.attrs[attribute]
            if isinstance(item, h5py.Dataset):
                if item.external or item.is_virtual:
                    return POINTS_ELSEWHERE
                if item.ndim == 1 and item.nbytes > max(HARMLESS_BYTES, MOST_GROWTH * item.id.get_storage_size()):
                    return FILLS_MEMORY
                if item.chunks:
                    item.id.chunk_iter(lambda _chunk: None)
                if item.dtype.kind == "O" or item.nbytes <= SMALL_BYTES:
                    item[()]
        return None

    with suppress(Exception), h5py.File(path, "r") as file:
        fault_of("/", file)
        return POINTS_ELSEWHERE if file.visititems_links(looks_elsewhere) else file.visititems(fault_of) or 0
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(look_through(sys.argv[1]))
