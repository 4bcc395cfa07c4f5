"""A copy of a program's files to work on in a shell, and what was changed in it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from tandem.errors import UsageError
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.version import files_of, is_executable
from tandem.rights import may_become_others

Change = Literal["new", "changed", "removed"]
#: How the files of a folder are told apart: by path, content and whether they can be executed.
Files = Mapping[str, str]


@dataclass(frozen=True)
class Changes:
    """What is different in the copy, and what of it was changed in the program's folder as well."""

    files: Mapping[str, Change]
    disputed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.files)


class Workbench:
    """One for each program; it stays between shells until its changes are saved."""

    def __init__(self, folder: Path) -> None:
        self.run, self._lock = folder / "run", folder / "lock"
        self._kept, self._base = folder / "files", folder / "base.json"
        #: Where the copy lies during a shell: within the folder of the run, which can be written to.
        self._lent = self.run / "program"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else works there meanwhile. UsageError where somebody does."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(reason="a shell of this program is open; end it first") from None
            yield

    def lay_out(self, program: Program) -> bool:
        """See that there is a copy; whether it is an older one with changes that were not saved."""
        self._take_back()
        if self._kept.is_dir() and self.changes(program.folder):
            return True
        self.clear()
        self._kept.mkdir(parents=True, mode=0o700)
        for name in files_of(program.folder):
            _copy(program.folder / name, self._kept / name)
        self._base.write_text(json.dumps(_looks(self._kept)))
        return False

    def lend(self, guest: int | None) -> None:
        """Move the copy into the folder of the run, as that of the user who works there."""
        self._kept.rename(self._lent)
        (self.run / "assets").symlink_to("program")
        _give(self._lent, guest)

    def give_back(self) -> None:
        """The shell has ended."""
        self._take_back()

    def changes(self, folder: Path) -> Changes:
        """What was changed since the copy was made, given the program's folder as it is now."""
        self._take_back()
        if not self._kept.is_dir():
            raise UsageError(reason=f"there is no shell's copy of it; 'tandem program shell {folder.name}' makes one")
        base, mine, theirs = json.loads(self._base.read_text()), _looks(self._kept), _looks(folder)
        files = {name: change for name in sorted({*base, *mine}) if (change := _change(base, mine, name))}
        disputed = tuple(
            name for name in files if theirs.get(name) != base.get(name) and theirs.get(name) != mine.get(name)
        )
        return Changes(files, disputed)

    def read(self, name: str) -> str:
        """The text of a file of the copy. UsageError where there is none any more."""
        try:
            return (self._kept / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(reason=f"{name} of the copy cannot be read: {error}") from None

    def save(self, folder: Path, changes: Changes) -> None:
        """Bring the changes into the program's folder; from then on the copy is as it."""
        for name, change in changes.files.items():
            if change == "removed":
                (folder / name).unlink(missing_ok=True)
            else:
                _copy(self._kept / name, folder / name)
        self._base.write_text(json.dumps(_looks(self._kept)))

    def save_as(self, folder: Path, text: str, file: str) -> None:
        """Make a new program of the copy, with another text in one of its files."""
        for name in files_of(self._kept):
            _copy(self._kept / name, folder / name)
        (folder / file).write_text(text)

    def clear(self) -> None:
        """Forget the copy."""
        RunFolder(self._kept).remove()

    def _take_back(self) -> None:
        """Move the copy out of the folder of a shell that has ended, be it in whatever way."""
        if self._lent.is_dir() and not self._lent.is_symlink() and not self._kept.exists():
            self._lent.rename(self._kept)
            _give(self._kept, 0 if may_become_others() else None)


def _change(base: Files, mine: Files, name: str) -> Change | None:
    if base.get(name) == mine.get(name):
        return None
    if name not in mine:
        return "removed"
    return "changed" if name in base else "new"


def _looks(folder: Path) -> dict[str, str]:
    found = {}
    for name in files_of(folder):
        path = folder / name
        is_program = "x" if is_executable(path.stat().st_mode) else "-"
        found[name] = is_program + sha256(path.read_bytes()).hexdigest()
    return found


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.new")
    shutil.copyfile(source, aside)
    aside.chmod(0o755 if is_executable(source.stat().st_mode) else 0o644)
    aside.replace(target)


def _give(top: Path, user: int | None) -> None:
    """Let a user own a folder and all in it; links are theirs, not what they lead to."""
    if user is None:
        return
    for place, folders, files in os.walk(top):
        for name in (".", *folders, *files):
            os.chown(Path(place, name), user, user, follow_symlinks=False)
