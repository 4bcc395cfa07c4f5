"""Looks after running tasks while their thread waits for R: who was cancelled, how far they are, who can be told."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tandem.errors import TaskKilled
from tandem.queues.leases import Held
from tandem.records.base import Progress, Record
from tandem.worker.announcements import Announcements
from tandem.worker.bridge import RService

log = logging.getLogger(__name__)

#: How often cancellations are looked for where the record is on this machine, in seconds.
LOCAL_LOOK_S = 0.5
#: How often a running task is asked how far it is, in seconds; the record keeps each answer.
ASK_S = 1.0
#: How often clients are told of it, in seconds.
TELL_S = 5.0
#: How often it is seen whether announcements get through, in seconds.
EVENTS_S = 5.0


@dataclass(eq=False)
class _Watched:
    held: Held
    experiment: str
    asked_at: float
    told_at: float
    noted: Progress | None = None
    told: Progress | None = None

    @property
    def run_id(self) -> str:
        return self.held.lease.message_id


class Watch:
    """One thread that watches every running task."""

    def __init__(self, record: Record, r: RService, announcements: Announcements, look_s: float) -> None:
        self._record, self._r, self._announcements = record, r, announcements
        self._look_s = look_s
        self._running: list[_Watched] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_now_and_then, name="watch", daemon=True)
        self._thread.start()

    @contextmanager
    def over(self, held: Held, experiment: str) -> Iterator[None]:
        """Watch a task while the context is open."""
        now = time.monotonic()
        watched = _Watched(held, experiment, asked_at=now, told_at=now)
        with self._lock:
            self._running.append(watched)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(watched)

    def close(self) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def _look_now_and_then(self) -> None:
        events_seen_at = -EVENTS_S
        while not self._stop.wait(self._look_s):
            with self._lock:
                running = list(self._running)
            try:
                self._look(running)
                if time.monotonic() - events_seen_at >= EVENTS_S:
                    self._announcements.look()
                    events_seen_at = time.monotonic()
            except Exception:
                log.exception("looking after the running tasks went wrong")

    def _look(self, running: list[_Watched]) -> None:
        if not running:
            return
        # A message whose lease was lost may be here a second time before its first work has ended.
        killed = self._record.kills_requested([task.run_id for task in running])
        for task in running:
            if task.run_id in killed:
                task.held.interrupt(TaskKilled())
            if task.held.interrupted.is_set():
                self._r.kill(task.held.request_id)  # it may have come to R only after it was interrupted
            elif time.monotonic() - task.asked_at >= ASK_S:
                self._ask(task)

    def _ask(self, task: _Watched) -> None:
        task.asked_at = time.monotonic()
        now = self._r.progress(task.held.request_id)
        if now is None:
            return
        if now != task.noted:
            task.noted = now
            self._record.progressed(task.run_id, now)
        if now != task.told and task.asked_at - task.told_at >= TELL_S:
            task.told, task.told_at = now, task.asked_at
            self._announcements.progress(task.experiment, now)
