"""How long tasks can be expected to take, by how long they took before."""

import threading
import time
from statistics import median

from tandem.records.base import Record, Run, Wanted
from tandem.states import State

#: So many of the latest runs of a task count.
COUNTED = 20
#: What was found out holds so long, in seconds, for so many tasks.
HOLDS_S, REMEMBERED = 10.0, 1000


class Expectations:
    """What to expect of each task of each experiment. Safe to be shared by threads."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._found: dict[tuple[str, str], tuple[float, float | None]] = {}
        self._lock = threading.Lock()

    def of(self, run: Run) -> float | None:
        """How many seconds such a run took before, in the median; None if there was none."""
        key, now = (run.experiment, run.task), time.monotonic()
        with self._lock:
            found_at, seconds = self._found.get(key, (now - HOLDS_S, None))
        if now - found_at < HOLDS_S:
            return seconds
        seconds = self._look(*key)
        with self._lock:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[key] = (now, seconds)
        return seconds

    def _look(self, experiment: str, task: str) -> float | None:
        done = self._record.find(Wanted(experiment=experiment, task=task, states=[State.COMPLETE]), limit=COUNTED)
        took = [
            (run.finished_at - run.started_at).total_seconds() for run in done if run.finished_at and run.started_at
        ]
        return median(took) if took else None
