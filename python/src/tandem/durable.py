"""What is written is there whole or not at all, and on disk, whatever happens to the machine afterwards."""

import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

#: What the system says where nothing more can be written: no room, no quota, or a file as large as it may be.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: For how many things a disk is asked at once.
AT_ONCE = 8
#: What everybody may do with a new file, less what this process forbids.
NEW_FILE = 0o666


@contextmanager
def written_whole(target: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of the target when all is written, and is gone where it does not come to that."""
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:100]}.", delete=False) as file:
        part = Path(file.name)
        try:
            yield file
            file.flush()
            part.chmod(NEW_FILE & ~_umask())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def sync(*paths: Path) -> None:
    """See that what lies there is on disk: the bytes of files, the names in folders. A disk that is asked for several
    at once writes once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(_sync_one, paths):
            pass


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """What new files may not be, by a look that changes nothing where the system tells it."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("Umask:")), 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
