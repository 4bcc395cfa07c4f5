"""Changes the cell sets in the experiment's folder: one process at a time, and whole for every reader."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tandem.durable import sync
from tandem.errors import CellSetsNotChanged, CellSetsUnavailable, CellSetsUnusable
from tandem.experiments.changes import Change
from tandem.experiments.document import Document, Edit, read_document, written
from tandem.experiments.source import CELL_SETS_FILE

#: How long another change is waited for, in seconds, and how often it is looked whether it is done.
LOCK_S, LOOK_S = 5.0, 0.02


class LocalEditor:
    """The file under the data folder is the truth. Any number of processes may change it at once."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CELL_SETS_FILE
        self._lock = folder / f".{CELL_SETS_FILE}.lock"

    def make(self, change: Change, *, experiment: str, authorization: str | None, seconds: float) -> None:  # noqa: ARG002
        """Read, change and replace the file, while no other process does."""

        def fitted(document: Document) -> Document | None:
            classes = document["cellSets"]
            fitting = change.fitted(classes)
            return None if fitting is None else document | {"cellSets": fitting.applied(classes)}

        try:
            self.edit(fitted, seconds=seconds)
        except CellSetsUnusable as error:
            raise CellSetsNotChanged(reason=error.facts["reason"]) from error

    def state(self) -> str:
        """What the file system says of the file."""
        with self._faults():
            state = self._path.stat()
            # Two changes may follow each other within one tick of the file system's clock.
            return f"{state.st_ino:x}-{state.st_mtime_ns:x}-{state.st_size:x}"

    def read(self) -> bytes:
        """The file."""
        with self._faults():
            return self._path.read_bytes()

    def edit(self, change: Edit, *, seconds: float) -> None:
        """Read, change and replace the file, while no other process does."""
        with self._faults(), self.alone(min(LOCK_S, seconds)):
            document = change(read_document(self._path.read_bytes(), self._path))
            if document is not None:
                self._write(document)

    def _write(self, document: Document) -> None:
        place = self._path.resolve()
        aside = place.with_name(f".{place.name}.new")
        try:
            aside.write_bytes(written(document))
            shutil.copymode(place, aside)
            sync(aside)
            aside.replace(place)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        sync(place.parent)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CellSetsUnusable(reason=f"{self._path}: {error.strerror or error}") from error

    @contextmanager
    def alone(self, wait_s: float) -> Iterator[None]:
        """Keep others from changing the file meanwhile. The system lets go of the lock of a process that dies."""
        give_up_at = time.monotonic() + wait_s
        with self._lock.open("ab") as lock:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() > give_up_at:
                    raise CellSetsUnavailable(reason=f"another process is changing {self._path}")
                time.sleep(LOOK_S)
            yield
