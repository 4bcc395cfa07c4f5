"""The folder of one run: what it reads, what it makes, and a home."""

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tandem.rights import may_become_others

#: What lies in the folder of a run and is meant to be there afterwards.
PARTS = ("inputs", "configs", "results", "logs", "home")


@dataclass(frozen=True)
class RunFolder:
    """Belongs to one run alone, and nobody else may look into it."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> Self:
        """A new, empty one; what an earlier attempt has left there goes."""
        folder = cls(root.resolve())
        folder.remove()
        for place in (folder.root, *(folder.root / part for part in PARTS), folder.temporary):
            place.mkdir(mode=0o700, parents=place == folder.root)
        return folder

    @property
    def inputs(self) -> Path:
        """What the program is given."""
        return self.root / "inputs"

    @property
    def configs(self) -> Path:
        """Its parameters, as a file."""
        return self.root / "configs"

    @property
    def results(self) -> Path:
        """What it makes."""
        return self.root / "results"

    @property
    def logs(self) -> Path:
        """What it says, and what it writes there itself."""
        return self.root / "logs"

    @property
    def home(self) -> Path:
        """What it takes for its user's home."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """Where it puts what it needs for a while."""
        return self.home / "tmp"

    @property
    def assets(self) -> Path:
        """A link to the program's own files."""
        return self.root / "assets"

    @property
    def progress(self) -> Path:
        """The file in which it may say how far it is."""
        return self.home / "progress"

    def hand_over(self, guest: int | None, assets: Path | None) -> None:
        """Link the program's files, and let the guest, if there is one, read everything and write where it should."""
        self.assets.unlink(missing_ok=True)
        if assets is not None:
            self.assets.symlink_to(assets.resolve())
        if guest is None:
            return
        for place in (self.root, self.results, self.logs, self.home, self.temporary):
            os.chown(place, guest, guest)
        for place in (self.inputs, self.configs, *([assets.resolve()] if assets else [])):
            _let_read(place)

    def take_back(self) -> None:
        """Make the folder ours again, with nothing in it but its parts: a link that the program has put in the place
        of one would lead whoever collects the results elsewhere. What it has made is open to us, however it left it."""
        for place in (self.root, *(self.root / part for part in PARTS)):
            if place.is_symlink():
                place.unlink()
            place.mkdir(mode=0o700, exist_ok=True)
            _own(place)
        for entry in list(os.scandir(self.root)):
            if entry.is_symlink() or not (entry.is_dir() and entry.name in PARTS):
                remove(Path(entry.path))
        for place in (self.results, self.logs):
            _let_us_read(place)

    def remove(self) -> None:
        """Delete everything."""
        remove(self.root)


def _let_read(top: Path) -> None:
    """Let everybody read a folder and all in it, and nobody else write: the folder around it is closed to all but the
    guest. Owners stay as they are, for a file may be shared with others. Links stay too."""
    for place, folders, files in os.walk(top):
        for name in (".", *folders, *files):
            path = Path(place, name)
            if path.is_symlink():
                continue
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = (mode | (0o555 if mode & 0o100 else 0o444)) & ~0o022
            if mode != wanted:
                with suppress(PermissionError):  # it is somebody else's, and as they want it
                    path.chmod(wanted)


def _let_us_read(top: Path) -> None:
    """Open folders, before they are looked into, and files that were closed to their own user."""
    for place, folders, files in os.walk(top):
        for names, wanted in ((folders, 0o700), (files, 0o400)):
            for path in (Path(place, name) for name in names):
                mode = path.lstat().st_mode
                if not stat.S_ISLNK(mode) and mode & wanted != wanted:
                    with suppress(OSError):  # it belongs to somebody else
                        path.chmod(stat.S_IMODE(mode) | wanted)


def _own(place: Path) -> None:
    if may_become_others():
        os.chown(place, 0, 0)
    place.chmod(0o700)


def remove(path: Path) -> None:
    """Delete whatever there is, however it is closed."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with suppress(OSError):
        path.chmod(0o700)
    for place, folders, _ in os.walk(path):
        for name in folders:
            with suppress(OSError):
                if not (folder := Path(place, name)).is_symlink():
                    folder.chmod(0o700)
    shutil.rmtree(path)
