"""The watcher: hears of files in a bucket, and keeps each message until all that it asks for is done."""

import logging
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from tandem.errors import MalformedMessage, QueueMissing, QueueUnavailable, TandemError, TransientError
from tandem.jobs.cloud import events
from tandem.jobs.cloud.errands import Errand, World, errand_of, give_up
from tandem.queues import Lease, Queue
from tandem.queues.leases import Held, Leases
from tandem.status import StatusFile

log = logging.getLogger(__name__)

#: How many messages are held at once, and how many of them are worked on at the same time.
MOST_HELD, THREADS = 1000, 8
#: The most messages of one receive, and the wait for the first in seconds: so often jobs are looked at.
AT_ONCE, WAIT_S = 10, 1.0
#: A queue that is away or not made yet is asked again after so many seconds.
PAUSE_S = 5.0


@dataclass
class Delivery:
    """One message in our hands."""

    held: Held
    errands: list[Errand]
    work: "Future[bool] | None" = field(default=None)


class Watcher:
    """Runs until it is told to stop; what it holds then goes back to the queue, and others go on with it."""

    def __init__(self, bucket: str, queue: Queue, leases: Leases, world: World, status: StatusFile) -> None:
        self._status = status
        self._bucket, self._queue, self._leases, self._world = bucket, queue, leases, world
        self._deliveries: list[Delivery] = []
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="errand")

    def run(self) -> int:
        """Watch until stopped; the process's exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        log.info("watching the bucket %s through the queue %s", self._bucket, self._queue.name)
        while not self._stopping.is_set():
            self._status.write("ready")
            for lease in self._receive():
                self._take(lease)
            self._tend()
        self._end()
        return 0

    def _receive(self) -> list[Lease]:
        if len(self._deliveries) >= MOST_HELD:
            self._stopping.wait(WAIT_S)
            return []
        try:
            return self._queue.receive(AT_ONCE, WAIT_S)
        except (QueueMissing, QueueUnavailable) as error:
            log.warning("%s", error)
            self._stopping.wait(PAUSE_S)
            return []

    def _take(self, lease: Lease) -> None:
        try:
            dropped = events.read(lease.body, self._bucket)
        except MalformedMessage as error:
            with suppress(TandemError):  # it comes back
                self._queue.dead_letter(lease, str(error))
            return
        errands = [errand_of(one, self._world) for one in dropped]
        self._deliveries.append(Delivery(self._leases.hold(lease, self._queue), errands))

    def _tend(self) -> None:
        """See what has become of each, and let each go on."""
        for delivery in list(self._deliveries):
            if delivery.work is not None and not delivery.work.done():
                continue
            if delivery.held.interrupted.is_set():  # it was held as long as may be, or lost: it is delivered again
                self._let_go(delivery)
            elif delivery.work is not None and delivery.work.result():
                with suppress(TandemError):  # it comes back, and is found to be done
                    self._queue.acknowledge(delivery.held.lease)
                self._let_go(delivery)
            else:
                delivery.work = self._pool.submit(self._step, delivery)

    def _step(self, delivery: Delivery) -> bool:
        """Go on with each errand of a message; whether all are done. Never raises."""
        delivery.errands = [errand for errand in delivery.errands if not self._is_done(errand)]
        return not delivery.errands

    def _is_done(self, errand: Errand) -> bool:
        try:
            return errand.step()
        except TransientError as error:
            log.warning("%s", error)
            return False
        except Exception:
            log.exception("%s went wrong", errand.place.submit)
            give_up(errand, self._world.bucket)
            return True

    def _let_go(self, delivery: Delivery) -> None:
        self._leases.let_go(delivery.held)
        self._deliveries.remove(delivery)

    def _end(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + PAUSE_S
        for delivery in self._deliveries:
            self._leases.let_go(delivery.held)
            if time.monotonic() < deadline:
                with suppress(TandemError):
                    self._queue.release(delivery.held.lease)
