"""Looks through an HDF5 file in a process of its own: of some damaged ones the library crashes, or never returns."""

import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tandem.errors import InputUnusable
from tandem.exchange.archives import MOST_GROWTH

#: How long looking through a file may take, and how much memory.
MOST_SECONDS = 60
MOST_MEMORY = 8 << 30
#: Up to this size numbers are read, too; of what is larger only where it lies.
SMALL_BYTES = 1 << 20
#: What is read at once and has more bytes than this, nearly all made up by the file's compression, is there to fill
#: memory: all of a list or table, and of a matrix of expression the rows of a chunk.
HARMLESS_BYTES = 1 << 28
MATRIX = re.compile(r"/?(?:X|matrix|raw[./]X|layers/[^/]+)$")
#: How many texts are read at a time to see how long they are: many may be the same one in the file.
TEXTS_AT_A_TIME = 10_000
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
    if found != 0:
        raise InputUnusable(path=path, reason="its HDF5 is damaged: it cannot be read to its end; fetch it again")


def look_through(path: str) -> int:
    """Read all that is small and where all that is large lies; what cannot be read is told when it is needed."""
    import h5py

    stored = Path(path).stat().st_size
    aliases: list[str] = []

    def looks_elsewhere(name: str, link: Any) -> bool | None:
        if isinstance(link, h5py.SoftLink):
            aliases.append(name)
        return True if isinstance(link, h5py.ExternalLink) else None

    def fault_of(name: str, item: Any) -> int | None:
        with _suppressed():
            for attribute in item.attrs:
                with _suppressed():
                    item.attrs[attribute]
            if isinstance(item, h5py.Dataset):
                # What goes by a second name may be read as something else by it.
                is_matrix = MATRIX.match(name) and not aliases and h5py.h5o.get_info(item.id).rc == 1
                return _fault_in_dataset(item, bool(is_matrix), stored)
        return None

    try:
        with _suppressed(), h5py.File(path, "r") as file:
            fault_of("/", file)
            return POINTS_ELSEWHERE if file.visititems_links(looks_elsewhere) else file.visititems(fault_of) or 0
    except MemoryError:
        return FILLS_MEMORY
    return 0


def _fault_in_dataset(item: Any, is_matrix: bool, stored: int) -> int | None:
    if item.external or item.is_virtual:
        return POINTS_ELSEWHERE
    if _read_at_once(item, is_matrix) > max(HARMLESS_BYTES, MOST_GROWTH * item.id.get_storage_size()):
        return FILLS_MEMORY
    if item.dtype.kind == "O" and _length(item) > max(HARMLESS_BYTES, MOST_GROWTH * stored):
        return FILLS_MEMORY
    if item.chunks:
        item.id.chunk_iter(lambda _chunk: None)
    if item.nbytes <= SMALL_BYTES:
        item[()]
    return None


@contextmanager
def _suppressed() -> Iterator[None]:
    """Whatever goes wrong but for memory that is used up."""
    try:
        yield
    except MemoryError:
        raise
    except Exception:  # noqa: S110  it is told when it is needed
        pass


def _read_at_once(item: Any, is_matrix: bool) -> int:
    """How many bytes of a dataset are in memory together, when it is read."""
    whole = int(item.nbytes)
    if not is_matrix or item.ndim < 2:
        return whole
    rows: int = item.chunks[0] if item.chunks else 1
    return int(whole // max(item.shape[0], 1) * rows)


def _length(item: Any) -> int:
    """How long all texts of a dataset are together."""
    if not item.shape:
        return _size(item[()])
    starts = range(0, item.shape[0], TEXTS_AT_A_TIME)
    return sum(_size(value) for start in starts for value in item[start : start + TEXTS_AT_A_TIME].ravel())


def _size(value: Any) -> int:
    return len(value) if isinstance(value, bytes | str) else int(getattr(value, "nbytes", 0))


def _limit(what: int, most: int) -> None:
    _, before = resource.getrlimit(what)
    limit = most if before == resource.RLIM_INFINITY else min(most, before)
    resource.setrlimit(what, (limit, limit))


if __name__ == "__main__":
    _limit(resource.RLIMIT_AS, MOST_MEMORY)
    _limit(resource.RLIMIT_CPU, MOST_SECONDS)  # should whoever asked be gone, and the library never return
    _limit(resource.RLIMIT_CORE, 0)
    sys.exit(look_through(sys.argv[1]))
