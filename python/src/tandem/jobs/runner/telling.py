"""Announces how jobs stand to whoever listens now; nobody's work depends on it."""

import logging
import queue
import threading

from tandem.errors import TandemError
from tandem.events.base import Events
from tandem.records.jobs import Job
from tandem.states import State

log = logging.getLogger(__name__)

#: What the events are called: with a job's id behind it, or with that of an experiment whose cell sets a job changed.
JOB_EVENT, CELL_SETS_EVENT = "JobUpdates-{id}", "JobCellSets-{experiment}"
#: So many announcements wait at most while nobody takes them.
BACKLOG = 1000


class Telling:
    """Hands announcements to a thread of its own, so that no job waits for Redis."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._waiting: queue.Queue[tuple[str, dict[str, str | None]]] = queue.Queue(BACKLOG)
        threading.Thread(target=self._tell_on, name="telling", daemon=True).start()

    def job(self, job: Job, state: State) -> None:
        """A job is in this state now."""
        self._put(JOB_EVENT.format(id=job.run_id), {"id": job.run_id, "state": state, "group": job.group_id})

    def cell_sets(self, experiment: str) -> None:
        """A job has changed the cell sets of an experiment."""
        self._put(CELL_SETS_EVENT.format(experiment=experiment), {"experiment": experiment})

    def _put(self, event: str, told: dict[str, str | None]) -> None:
        try:
            self._waiting.put_nowait((event, told))
        except queue.Full:
            log.info("nobody is told of %s", event)

    def _tell_on(self) -> None:
        while True:
            event, told = self._waiting.get()
            try:
                self._events.emit(event, told)
            except TandemError as error:
                log.info("%s", error)
