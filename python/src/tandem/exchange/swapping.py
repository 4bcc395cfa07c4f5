"""Two names in the file system change their places."""

import ctypes
import os
from pathlib import Path

#: The kernel's word for two names that change places.
RENAME_EXCHANGE = 2
AT_CURRENT_FOLDER = -100


def swap(made: Path, target: Path) -> None:
    """Let what was made and what is in its place change places: in one step where the kernel and the file system can.
    Where it goes wrong, both are as they were."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    names = (AT_CURRENT_FOLDER, os.fsencode(made), AT_CURRENT_FOLDER, os.fsencode(target))
    if rename is not None and rename(*names, RENAME_EXCHANGE) == 0:
        return
    aside = made.with_name("replaced")
    target.rename(aside)
    try:
        made.rename(target)
    except OSError:
        aside.rename(target)
        raise
