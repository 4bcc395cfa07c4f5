"""Changes the cell sets in the experiment's folder: one process at a time, and whole for every reader."""

import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tandem.durable import sync, sync_folder
from tandem.errors import CellSetsNotChanged, CellSetsUnavailable
from tandem.experiments.changes import Change
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
        try:
            with self._locked(min(LOCK_S, seconds)):
                document = self._read()
                fitted = change.fitted(document["cellSets"])
                if fitted is not None:
                    self._write(document | {"cellSets": fitted.applied(document["cellSets"])})
        except OSError as error:
            raise CellSetsNotChanged(reason=f"{self._path}: {error.strerror or error}") from error

    def _read(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads(self._path.read_bytes())
            keys = [part["key"] for group in document["cellSets"] for part in (group, *group.get("children", ()))]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise CellSetsNotChanged(reason=f"{self._path} does not hold cell sets") from error
        if not isinstance(document["cellSets"], list) or not all(isinstance(key, str) for key in keys):
            raise CellSetsNotChanged(reason=f"{self._path} does not hold a list of cell sets with keys")
        return document

    def _write(self, document: dict[str, Any]) -> None:
        place = self._path.resolve()
        aside = place.with_name(f".{place.name}.new")
        try:
            with aside.open("w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
                shutil.copymode(place, aside)
                sync(file)
            aside.replace(place)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        sync_folder(place.parent)

    @contextmanager
    def _locked(self, wait_s: float) -> Iterator[None]:
        """The system lets go of the lock of a process that dies."""
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
