"""From the record into the queues: each job's message is sent when it waits for nothing any more.

A job is in the record before its message is in a queue, and its message is sent before that is noted: whoever dies in
between leaves work that the next look does, and a message that is sent twice is carried out once.
"""

import json
import logging
from contextlib import suppress
from functools import lru_cache

from tandem.errors import IllegalMove, NeededJobFailed
from tandem.jobs.queues import open_job_queue
from tandem.jobs.spec import Spec
from tandem.queues import Queue
from tandem.records.bundle import Records
from tandem.records.jobs import Job, Priority
from tandem.settings import Settings
from tandem.states import State

log = logging.getLogger(__name__)

#: So many messages are sent between two notes in the record.
AT_ONCE = 500


class Dispatch:
    """Sends what is ready. Several may do so at once."""

    def __init__(self, settings: Settings, records: Records) -> None:
        self._records = records

        @lru_cache(maxsize=64)
        def opened(queue: str, priority: Priority) -> Queue:
            return open_job_queue(settings, queue, priority)

        self._queue = opened

    def send_ready(self) -> int:
        """Send every job that is ready, and end those whose wait is in vain; how many were sent."""
        self._end_hopeless()
        sent = 0
        while ready := self._records.jobs.ready(AT_ONCE):
            for job in ready:
                self._send(job)
            self._records.jobs.sent([job.run_id for job in ready])
            sent += len(ready)
        return sent

    def _send(self, job: Job) -> None:
        body = json.dumps({"job": job.run_id})
        queue = self._queue(job.queue, _priority(job))
        queue.send(body, group=_group(job), deduplication_id=job.run_id)

    def _end_hopeless(self) -> None:
        while hopeless := self._records.jobs.hopeless(AT_ONCE):
            for run_id, needed, state in hopeless:
                error = NeededJobFailed(job=needed, state=state or "deleted")
                with suppress(IllegalMove):  # it ended in another way this very moment
                    self._records.runs.finished(run_id, State.FAILED, error_code=error.code, reason=str(error))


def _priority(job: Job) -> Priority:
    """Where only so many may run at once, all wait in one queue: its groups are what keeps the number."""
    return "normal" if Spec.model_validate(job.spec).max_parallel else job.priority


def _group(job: Job) -> str:
    """Of one group one message is out at a time."""
    at_once = Spec.model_validate(job.spec).max_parallel
    return f"{job.program}-{job.number % at_once}" if at_once else job.run_id
