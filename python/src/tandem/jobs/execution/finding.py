"""Where a program lies that is asked for by its name."""

import os
import shutil
import stat
from pathlib import Path

from tandem import errors


def found(name: str, folder: Path, path: str, is_stranger: bool) -> str:
    """The program's place: as given, seen from the folder of the run, or in the first folder of the path that has it
    where its user may go."""
    beside = [os.path.join(part, name) for part in path.split(":") if part]
    places = [str(folder / name)] if "/" in name else beside
    there = [place for place in places if shutil.which(place)]
    if not there:
        raise errors.NotStarted(reason=f"there is no program '{name}' here, or it may not be run")
    if is_stranger and "/" not in name:
        there = [place for place in there if is_open(Path(place))]
    if not there:
        raise errors.NotStarted(reason=f"the program '{name}' lies where the user that runs jobs may not go")
    return there[0]


def is_open(path: Path) -> bool:
    """Whether anybody may go there."""
    folders = (*path.parents, *Path(os.path.realpath(path)).parents)
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)
