"""Looks through an HDF5 file in a process of its own: of some damaged ones the library crashes, or never returns."""

import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tandem.errors import InputUnusable

#: How long looking through a file may take, and how much memory.
MOST_SECONDS = 60
MOST_MEMORY = 8 << 30
#: Up to this size numbers are read, too; of what is larger only where it lies.
SMALL_BYTES = 1 << 20
#: What the process ends with when the file would have us read others.
POINTS_ELSEWHERE = 3


def check_hdf5(path: Path) -> None:
    """Refuse a file that must not be opened in this process."""
    command = [sys.executable, "-m", "tandem.exchange.probe", str(path.absolute())]
    try:
        found = subprocess.run(command, check=False, capture_output=True, timeout=MOST_SECONDS).returncode
    except subprocess.TimeoutExpired:
        found = -1
    if found == POINTS_ELSEWHERE:
        raise InputUnusable(path=path, reason="its HDF5 has parts that lie in other files; write it as one file")
    if found < 0:
        raise InputUnusable(path=path, reason="its HDF5 is damaged: it cannot be read to its end; fetch it again")


def look_through(path: str) -> int:
    """Read all that is small and where all that is large lies; what cannot be read is told when it is needed."""
    import h5py

    def looks_elsewhere(_name: str, link: Any) -> bool | None:
        return True if isinstance(link, h5py.ExternalLink) else None

    def lies_elsewhere(_name: str, item: Any) -> bool | None:
        with suppress(Exception):
            for attribute in item.attrs:
                with suppress(Exception):
                    item.attrs[attribute]
            if isinstance(item, h5py.Dataset):
                if item.external or item.is_virtual:
                    return True
                if item.chunks:
                    item.id.chunk_iter(lambda _chunk: None)
                if item.dtype.kind == "O" or item.nbytes <= SMALL_BYTES:
                    item[()]
        return None

    with suppress(Exception), h5py.File(path, "r") as file:
        lies_elsewhere("/", file)
        if file.visititems_links(looks_elsewhere) or file.visititems(lies_elsewhere):
            return POINTS_ELSEWHERE
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(look_through(sys.argv[1]))
