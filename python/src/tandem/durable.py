"""What is written is on disk, whatever happens to the machine afterwards."""

import errno
import os
from pathlib import Path
from typing import IO, Any

#: What the system says where nothing more can be written: no room, no quota, or a file as large as it may be.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sync(file: IO[Any]) -> None:
    """See that all of a file's bytes are on disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """See that the names in a folder are on disk: those that were put there, and those that took another's place."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
