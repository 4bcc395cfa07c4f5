"""Messages in our hands: one thread keeps all their leases, and says when one is no longer ours."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tandem.errors import DeadlineExceeded, LeaseLost, QueueUnavailable, ShuttingDown, TandemError, TaskKilled
from tandem.queues.base import Lease, Queue

log = logging.getLogger(__name__)

#: A lease is extended when this part of its time has passed.
EXTEND_AFTER = 1 / 3
#: How soon a failed extension is tried again, in seconds.
RETRY_S = 1.0


class Held:
    """One message in our hands. Whoever works on it asks `check()` before each step, and `check_ours()` where the
    step must happen all the same unless another worker may hold the message."""

    def __init__(self, lease: Lease, queue: Queue, keeper: "Leases") -> None:
        self.lease, self.queue = lease, queue
        self.extended_at = time.monotonic()
        self.interrupted = threading.Event()
        self._keeper = keeper
        self._lock = threading.Lock()
        self._lost = False
        self._reason: TandemError | None = None
        self._on_interrupt: Callable[[], None] | None = None

    @property
    def request_id(self) -> str:
        """What R calls this delivery's work."""
        return f"{self.lease.message_id}.{self.lease.receive_count}"

    @property
    def earlier_request_id(self) -> str | None:
        """What R called the delivery before this one, if there was one."""
        return f"{self.lease.message_id}.{self.lease.receive_count - 1}" if self.lease.receive_count > 1 else None

    def check(self) -> None:
        """Raise the reason if the work is to stop."""
        self.check_ours()
        if self._reason is not None:
            raise self._reason

    def check_ours(self) -> None:
        """Raise LeaseLost unless the lease is ours now; after a long pause the queue is asked."""
        if not self._lost and time.monotonic() - self.extended_at > self._keeper.visibility_s * 2 / 3:
            self._keeper.extend(self)
        if self._lost:
            raise LeaseLost(message_id=self.lease.message_id)

    def interrupt(self, reason: LeaseLost | DeadlineExceeded | TaskKilled | ShuttingDown) -> None:
        """Make the work stop for this reason; the first reason counts, but a lost lease is always remembered."""
        with self._lock:
            self._lost = self._lost or isinstance(reason, LeaseLost)
            if self._reason is not None:
                return
            self._reason = reason
            act = self._on_interrupt
        self.interrupted.set()
        if act is not None:
            act()

    @contextmanager
    def when_interrupted(self, act: Callable[[], None]) -> Iterator[None]:
        """Do this at the moment of an interruption while the context is open; at once if it has happened already."""
        with self._lock:
            self._on_interrupt = act
            late = self._reason is not None
        try:
            if late:
                act()
            yield
        finally:
            with self._lock:
                self._on_interrupt = None


class Leases:
    """Keeps every held message ours until it is let go."""

    def __init__(self, visibility_s: float) -> None:
        self.visibility_s = visibility_s
        self._held: dict[str, Held] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)
        self._thread.start()

    def hold(self, lease: Lease, queue: Queue) -> Held:
        """Take a delivery of a queue into our hands."""
        held = Held(lease, queue, self)
        with self._lock:
            self._held[lease.receipt] = held
        return held

    def let_go(self, held: Held) -> None:
        """The message is acknowledged, handed back or lost: care for it no more."""
        with self._lock:
            self._held.pop(held.lease.receipt, None)

    def all(self) -> list[Held]:
        """Every message in our hands."""
        with self._lock:
            return list(self._held.values())

    def extend(self, held: Held) -> None:
        """Extend one lease now. One that is lost, at its ceiling or too late for extending interrupts its work."""
        asked_at = time.monotonic()
        try:
            held.queue.extend(held.lease, self.visibility_s)
        except (LeaseLost, DeadlineExceeded) as end:
            held.interrupt(end)
        except QueueUnavailable as error:
            log.warning("could not extend the lease on %s: %s", held.lease.message_id, error)
            if asked_at - held.extended_at >= self.visibility_s:
                held.interrupt(LeaseLost(message_id=held.lease.message_id))
        else:
            held.extended_at = asked_at

    def close(self) -> None:
        """Stop the thread; leases run out by themselves."""
        self._stop.set()
        self._thread.join(timeout=RETRY_S)

    def _keep(self) -> None:
        pause = min(RETRY_S, self.visibility_s * EXTEND_AFTER / 2)
        while not self._stop.wait(pause):
            due = time.monotonic() - self.visibility_s * EXTEND_AFTER
            for held in self.all():
                if held.extended_at <= due and not held.interrupted.is_set():
                    try:
                        self.extend(held)
                    except Exception:
                        log.exception("extending the lease on %s went wrong", held.lease.message_id)
