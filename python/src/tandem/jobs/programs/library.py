"""The folder of programs: which there are, and each as it is now."""

import os
import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time_ns
from typing import Protocol, Self

from tandem.errors import ProgramUnknown, ProgramUnsound
from tandem.jobs.programs.toml import FILE, NAME, ProgramFile, read
from tandem.jobs.programs.version import changing, commit_of, files_of, hash_of_folder
from tandem.settings import Settings
from tandem.stores.base import Store

#: How many digits of a hash people see.
SHOWN = 12
#: A program is read anew after so many seconds even where its files look the same: its commit may be another.
FRESH_S = 10.0
#: Files changed later than this before they were read (nanoseconds) may change again without looking different.
SETTLED_NS = 1_000_000_000


@dataclass(frozen=True)
class Program:
    """A program as it was when it was loaded."""

    name: str
    folder: Path
    file: ProgramFile
    #: The hash of its files (SHA-256, hex).
    hash: str
    commit: str | None

    @property
    def version(self) -> str:
        """The version as people see it: the beginning of the hash."""
        return self.hash[:SHOWN]


#: What tells files from changed ones without reading them.
Looks = tuple[tuple[str, int, int, int, int], ...]


class Elsewhere(Protocol):
    """Programs that are not in the folder."""

    def names(self) -> Set[str]:
        """All of them."""

    def load(self, name: str) -> Program:
        """One of them."""


class Library:
    """The programs of a folder, each in a folder of its own name, and beside them those from elsewhere: of two with the
    same name the folder's is meant."""

    def __init__(self, folder: Path, elsewhere: Elsewhere | None = None) -> None:
        self._folder, self._elsewhere = folder, elsewhere
        self._known: dict[str, tuple[Looks, float, Program]] = {}

    @classmethod
    def of(cls, settings: Settings, store: Store) -> Self:
        """The programs of the settings' folder, and those published in the store."""
        from tandem.jobs.programs.published import Published

        return cls(settings.programs, Published(store, settings.state / "jobs" / "cache" / "programs"))

    def names(self) -> list[str]:
        """The names of all programs, sound or not."""
        return sorted({*self._own_names(), *(self._elsewhere.names() if self._elsewhere else ())})

    def load(self, name: str) -> Program:
        """The program of that name. ProgramUnknown, or ProgramUnsound with the line and the reason."""
        is_name = re.fullmatch(NAME, name) is not None
        if not is_name or not (self._folder / name / FILE).is_file():
            if is_name and self._elsewhere and name in self._elsewhere.names():
                return self._elsewhere.load(name)
            known = ", ".join(self.names()) or "none yet"
            raise ProgramUnknown(program=name[:100], field="program", known=known)
        folder = self._folder / name
        looks, now = _looks(folder), monotonic()
        if name in self._known:
            looked, loaded, program = self._known[name]
            if looked == looks and now < loaded + FRESH_S:
                return program
        settled = max(changed for *_, changed in looks) < time_ns() - SETTLED_NS
        program = Program(name, folder, read(folder / FILE), hash_of_folder(folder), commit_of(folder))
        if settled:
            self._known[name] = looks, now, program
        return program

    def all(self) -> list[tuple[str, Program | ProgramUnsound]]:
        """All programs; in place of one that cannot be used, why not."""
        return [(name, self._attempt(name)) for name in self.names()]

    def _own_names(self) -> list[str]:
        try:
            found = os.listdir(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [name for name in found if re.fullmatch(NAME, name) and (self._folder / name / FILE).is_file()]

    def _attempt(self, name: str) -> Program | ProgramUnsound:
        try:
            return self.load(name)
        except ProgramUnsound as fault:
            return fault


def _looks(folder: Path) -> Looks:
    try:
        states = [(name, (folder / name).stat()) for name in files_of(folder)]
    except OSError:
        raise changing(folder.name) from None
    return tuple((name, state.st_ino, state.st_mode, state.st_size, state.st_ctime_ns) for name, state in states)
