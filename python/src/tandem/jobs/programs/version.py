"""A program's version: the hash of its files, and the commit of the checkout that it lies in."""

import os
import stat
import subprocess
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO

from tandem.errors import ProgramUnsound

#: Bytes read at a time.
BLOCK = 1 << 20
#: Seconds that git may take.
GIT_S = 5.0


def files_of(folder: Path) -> list[str]:
    """The paths of the files that make the program, in order: no hidden ones, nothing that Python makes by itself."""
    found: list[str] = []
    for where, folders, names in os.walk(folder, onerror=partial(_refuse, folder)):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        for name in (*names, *(name for name in folders if (Path(where) / name).is_symlink())):
            path = Path(where) / name
            if name.startswith(".") or name.endswith(".pyc"):
                continue
            if not stat.S_ISREG(path.lstat().st_mode):
                reason = f"{path.relative_to(folder)} is no plain file; put the file itself there"
                raise ProgramUnsound(program=folder.name, field="program", reason=reason)
            found.append(path.relative_to(folder).as_posix())
    return sorted(found)


def is_executable(mode: int) -> bool:
    """Whether anybody may execute a file of this mode."""
    return bool(mode & 0o111)


def hash_of_folder(folder: Path) -> str:
    """The hash of all files of a program: of their paths, contents, and whether they can be executed."""
    return hash_of(_members(folder))


def hash_of(members: Iterable[tuple[str, bool, IO[bytes]]]) -> str:
    """The hash of files given in the order of their paths."""
    whole = sha256()
    for path, executable, content in members:
        inner = sha256()
        while block := content.read(BLOCK):
            inner.update(block)
        whole.update(f"{path}\0{'x' if executable else '-'}{inner.hexdigest()}\n".encode(errors="surrogateescape"))
    return whole.hexdigest()


def commit_of(folder: Path) -> str | None:
    """The commit that is checked out around the folder, with `-dirty` where its files are not those of the commit; None
    where there is none."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    return f"{commit}-dirty" if _git(folder, "status", "--porcelain", "--", ".") else commit


def changing(program: str) -> ProgramUnsound:
    """Somebody works on the program's files in this very moment."""
    return ProgramUnsound(program=program, field="program", reason="its files were changed a moment ago; try again")


def _members(folder: Path) -> Iterator[tuple[str, bool, IO[bytes]]]:
    for name in files_of(folder):
        try:
            with (folder / name).open("rb") as file:
                yield name, is_executable(os.fstat(file.fileno()).st_mode), file
        except OSError as error:
            _refuse(folder, error)


def _git(folder: Path, *words: str) -> str | None:
    command = ["git", "-C", str(folder), "--no-optional-locks", *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _refuse(folder: Path, error: OSError) -> None:
    path = Path(error.filename).relative_to(folder)
    reason = f"{path} cannot be read: {error.strerror}"
    raise ProgramUnsound(program=folder.name, field="program", reason=reason) from None
