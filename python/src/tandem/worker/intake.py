"""The intake: receives messages while there is room, and waits quietly when the queue is away."""

import logging
import random
import threading
from collections.abc import Callable

from tandem.errors import QueueMissing, QueueUnavailable
from tandem.queues.base import RECEIVE_MAX, Queue
from tandem.queues.leases import Held, Leases

log = logging.getLogger(__name__)

#: One receive waits so long for a message, in seconds: the most that SQS allows, and less while messages are held, for
#: not every queue sees during a receive that a message of theirs has ended and the next of its group may follow.
LONG_POLL_S, BUSY_POLL_S = 20.0, 1.0
#: Pauses while the queue is away grow from the first to the last, in seconds, with jitter.
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 30.0


class Intake:
    """One thread that receives. `take` gets each held message, `room` waits for a free slot and says whether, and
    `patience` says for how many seconds at most it may wait for a message."""

    def __init__(
        self,
        queue: Queue,
        leases: Leases,
        *,
        room: Callable[[float], bool],
        take: Callable[[Held], None],
        tell: Callable[[str], None],
        patience: Callable[[], float],
    ) -> None:
        self._queue, self._leases = queue, leases
        self._room, self._take, self._tell, self._patience = room, take, tell, patience
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._receive_on, name="intake", daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """Receive no more. A receive under way may be left behind: what it leases comes back after its time."""
        self._stop.set()
        self._thread.join(timeout=wait_s)

    @property
    def is_receiving(self) -> bool:
        """Whether a message may still come."""
        return self._thread.is_alive()

    def _receive_on(self) -> None:
        pause = FIRST_PAUSE_S
        wait_s = 0.0  # the first look is short: it tells whether the queue is there
        while not self._stop.is_set():
            if not self._room(1.0):
                continue
            try:
                # As many together as there may be: while any is held, none of its group follows.
                leases = self._queue.receive(RECEIVE_MAX, wait_s)
            except (QueueMissing, QueueUnavailable) as error:
                log.warning("%s Trying again in %.1f s.", error, pause)
                self._tell(str(error))
                self._stop.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311  # jitter, no secret
                pause = min(pause * 2, LAST_PAUSE_S)
                continue
            except Exception:
                log.exception("receiving from %s went wrong", self._queue.name)
                self._stop.wait(pause)
                pause = min(pause * 2, LAST_PAUSE_S)
                continue
            pause = FIRST_PAUSE_S
            self._tell("")
            for lease in leases:
                self._take(self._leases.hold(lease, self._queue))
            most = BUSY_POLL_S if self._leases.all() else LONG_POLL_S
            wait_s = min(most, max(BUSY_POLL_S, self._patience()))
