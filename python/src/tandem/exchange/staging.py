"""Where an experiment is made before it appears under its id, whole."""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from tandem.durable import sync
from tandem.errors import ImportFailed
from tandem.exchange.swapping import swap
from tandem.experiments.folder import PRODUCTS, missing_from
from tandem.experiments.local_editor import LocalEditor

#: A change of cell sets that is under way is waited for so long, in seconds.
EDIT_S = 60.0


class Staging:
    """A folder beside the experiments that one import at a time owns. What an import that died left there goes."""

    def __init__(self, data: Path, experiment: str, *, force: bool) -> None:
        self.experiment = experiment
        self.target = data / experiment
        self._force = force
        self._folder = data / f".importing-{experiment}"
        self._lock = -1

    @property
    def workspace(self) -> Path:
        """For what readers unpack."""
        return self._folder / "workspace"

    @property
    def parcel(self) -> Path:
        """The data set as R takes it."""
        return self._folder / "parcel"

    @property
    def made(self) -> Path:
        """The experiment that R makes."""
        return self._folder / "experiment"

    def __enter__(self) -> "Staging":
        self.refuse_to_replace()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._locked()
        for path in (self.workspace, self.parcel, self.made):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)

    def refuse_to_replace(self) -> None:
        """ImportFailed where there is an experiment of that id and nobody asked to replace it."""
        if not self._force and not missing_from(self.target):
            raise ImportFailed(
                experiment=self.experiment, reason="there is an experiment of that id; add --force to replace it"
            )

    def publish(self) -> None:
        """Let the experiment appear under its id at once, in the place of the one before. Files that an import does not
        write stay where they were."""
        self.refuse_to_replace()
        sync(*(path for path in self.made.rglob("*") if path.is_file()))
        if not self.target.exists():
            self.made.rename(self.target)
        elif missing_from(self.target):
            self._replace()
        else:
            # Cell sets that were read of the old one must not be written into the new one.
            with LocalEditor(self.target).alone(EDIT_S):
                self._replace()
        sync(self.target.parent)

    def _replace(self) -> None:
        _keep_what_is_not_ours(self.target, self.made)
        swap(self.made, self.target)

    def _locked(self) -> int:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_same = os.fstat(handle).st_ino == self._folder.stat().st_ino
        except OSError:
            is_same = False
        if not is_same:
            os.close(handle)
            raise ImportFailed(experiment=self.experiment, reason="another import of that id is under way")
        return handle


def sweep(data: Path) -> None:
    """Remove what imports have left behind that died."""
    for folder in data.glob(".importing-*"):
        with suppress(OSError):  # it is gone, or an import is at work in it
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)


def _keep_what_is_not_ours(old: Path, new: Path) -> None:
    for path in old.iterdir():
        if path.name in PRODUCTS or (new / path.name).exists():
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new / path.name, symlinks=True, copy_function=_link)
        else:
            _link(str(path), str(new / path.name))


def _link(source: str, target: str) -> None:
    """Give a file a second name; a copy where the file system has no such thing."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
