"""Looks after jobs in our hands: who was cancelled is stopped, wherever it stands."""

import logging
import threading

from tandem.errors import TandemError
from tandem.jobs.execution.stop import Stop
from tandem.records.base import Record

log = logging.getLogger(__name__)

#: How often cancellations are looked for, in seconds: a killed job is to be seen as killed within two.
LOOK_S = 0.2


class Watch:
    """One thread that watches every job of a runner."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._stops: dict[str, Stop] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._look_on, name="watch", daemon=True).start()

    def add(self, run_id: str, stop: Stop) -> None:
        """Watch a job from now on."""
        with self._lock:
            self._stops[run_id] = stop

    def remove(self, run_id: str) -> None:
        """It is in our hands no more."""
        with self._lock:
            self._stops.pop(run_id, None)

    def stop_all(self) -> None:
        """Let every job go back to its queue."""
        with self._lock:
            for stop in self._stops.values():
                stop.ask("shutdown")

    def _look_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(LOOK_S):
            with self._lock:
                stops = dict(self._stops)
            if not stops:
                continue
            try:
                for run_id in self._record.kills_requested(list(stops)):
                    stops[run_id].ask("kill")
            except TandemError as error:
                log.warning("whether jobs were cancelled is not known: %s", error)
            except Exception:
                log.exception("looking for cancelled jobs went wrong")
