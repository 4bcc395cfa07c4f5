"""From the record into the queues: each job's message is sent when it waits for nothing any more.

A job is in the record before its message is in a queue, and its message is sent before that is noted: whoever dies in
between leaves work that the next look does, and a message that is sent twice is carried out once.
"""

import json
import logging
from contextlib import suppress
from functools import lru_cache
from itertools import groupby

from tandem.errors import IllegalMove, NeededJobFailed, QueueMissing, QueueUnavailable
from tandem.jobs.queues import open_job_queue
from tandem.queues import Message, Queue
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
        """Send every job that is ready, and end those whose wait is in vain; how many were sent. Jobs whose queue is
        away are accepted all the same, and are sent when somebody looks again; they hold up no others."""
        self._end_hopeless()
        sent, away = 0, set[tuple[str, Priority]]()
        while ready := self._records.jobs.ready(AT_ONCE, away):
            taken = {
                run_id
                for (queue, priority), some in groupby(sorted(ready, key=_place), key=_place)
                for run_id in self._sent(queue, priority, list(some))
            }
            self._records.jobs.sent(list(taken))
            sent += len(taken)
            away |= {(job.queue, job.priority) for job in ready if job.run_id not in taken}
        return sent

    def _sent(self, queue: str, priority: Priority, jobs: list[Job]) -> list[str]:
        """Those jobs that a queue has taken: all or none."""
        try:
            self._queue(queue, priority).send_all([_message(job) for job in jobs])
        except (QueueMissing, QueueUnavailable) as error:
            log.warning("%d jobs wait to be sent: %s", len(jobs), error)
            return []
        return [job.run_id for job in jobs]

    def _end_hopeless(self) -> None:
        while hopeless := self._records.jobs.hopeless(AT_ONCE):
            for run_id, needed, state in hopeless:
                error = NeededJobFailed(job=needed, state=state or "deleted")
                with suppress(IllegalMove):  # it ended in another way this very moment
                    self._records.runs.finished(run_id, State.FAILED, error_code=error.code, reason=str(error))


def _place(job: Job) -> tuple[str, Priority]:
    """Its queue. Where only so many may run at once, all wait in one: its groups are what keeps the number."""
    return job.queue, "normal" if job.spec["max_parallel"] else job.priority


def _message(job: Job) -> Message:
    """Of one group one message is out at a time."""
    at_once = job.spec["max_parallel"]
    group = f"{job.program}-{job.number % at_once}" if at_once else job.run_id
    return Message(json.dumps({"job": job.run_id}), group, job.run_id)
