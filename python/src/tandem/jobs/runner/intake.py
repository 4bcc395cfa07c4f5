"""Takes messages out of several queues: the urgent ones first, and now and then the others first, so that none waits
for ever."""

import logging
import time
from collections.abc import Sequence

from tandem.errors import QueueMissing, QueueUnavailable
from tandem.queues import Lease, Queue

log = logging.getLogger(__name__)

#: One of so many looks begins with the queues that otherwise come last.
TURNS = 5
#: The wait for a message, in seconds: in the queue that is looked at last, while the others are not looked at.
WAIT_S = 0.25
#: A queue that is away or not made yet is asked again after so many seconds.
PAUSE_S = 5.0


class Intake:
    """Knows its queues from the most to the least urgent."""

    def __init__(self, queues: Sequence[Queue], wait_s: float = WAIT_S) -> None:
        self._queues, self._wait_s = queues, wait_s
        self._turn = 0
        self._away_until: dict[str, float] = {}

    def receive(self, count: int) -> tuple[Queue | None, list[Lease]]:
        """Up to so many messages of one queue, waiting a little while for the first."""
        self._turn += 1
        queues = [queue for queue in self._queues if self._away_until.get(queue.name, 0.0) <= time.monotonic()]
        ordered = queues[::-1] if self._turn % TURNS == 0 else queues
        for queue in ordered:
            if leases := self._ask(queue, count, 0.0):
                return queue, leases
        waited_for = self._usual(queues)
        if waited_for is None:
            time.sleep(self._wait_s)
            return None, []
        return waited_for, self._ask(waited_for, count, self._wait_s)

    def _usual(self, queues: Sequence[Queue]) -> Queue | None:
        """The queue that most messages come to: neither the most urgent of a name nor the least."""
        return queues[len(queues) // 2] if queues else None

    def _ask(self, queue: Queue, count: int, wait_s: float) -> list[Lease]:
        try:
            return queue.receive(count, wait_s)
        except QueueMissing as error:
            if queue.name not in self._away_until:
                log.warning("%s", error)
            self._away_until[queue.name] = time.monotonic() + PAUSE_S
        except QueueUnavailable as error:
            log.warning("%s", error)
            self._away_until[queue.name] = time.monotonic() + PAUSE_S
        return []
