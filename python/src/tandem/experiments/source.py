"""Where the experiment's dataset and cell sets come from."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tandem.errors import InvalidRequest
from tandem.experiments.cell_sets import CellSets

CELL_SETS_FILE = "cell_sets.json"
DATASET_FILE = "r.rds"


class ExperimentSource(Protocol):
    """The experiment as it is now."""

    def refresh(self, *, at_once: bool, tell: Callable[[], None]) -> None:
        """Bring a dataset that changed at its origin to the data folder; `tell()` is called before a download."""

    def cell_sets(self) -> CellSets:
        """The cell sets as they are now."""


class LocalSource:
    """The files under the data folder are the truth."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CELL_SETS_FILE
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._cell_sets = CellSets(())

    def refresh(self, *, at_once: bool, tell: Callable[[], None]) -> None:
        """R watches its file itself."""

    def cell_sets(self) -> CellSets:
        """Read the file again only when it has changed."""
        with self._lock:
            try:
                state = self._path.stat()
                # Two changes may follow each other within one tick of the file system's clock.
                now = (state.st_ino, state.st_mtime_ns, state.st_size)
                if self._seen != now:
                    self._cell_sets = CellSets.from_json(self._path.read_bytes())
                    self._seen = now
            except FileNotFoundError as error:
                raise InvalidRequest(reason=f"the experiment has no {CELL_SETS_FILE}") from error
            return self._cell_sets
