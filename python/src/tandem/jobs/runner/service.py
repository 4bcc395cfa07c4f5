"""The runner: takes jobs while it has something to give, a thread for each, and ends in order."""

import logging
import math
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tandem.jobs.runner.capacity import Capacity, Grant
from tandem.jobs.runner.housekeeping import Housekeeping
from tandem.jobs.runner.intake import Intake
from tandem.jobs.runner.life import Life, Taken
from tandem.jobs.runner.watch import Watch
from tandem.queues.leases import Held, Leases
from tandem.status import StatusFile

log = logging.getLogger(__name__)

#: How often the runner looks at whether it is to end, in seconds.
LOOK_S = 0.2
#: What handing back may take at the end, in seconds.
HAND_BACK_S = 5.0
#: Seconds until a job that is too large for this runner is offered again.
PASS_PAUSE_S = 1.0
#: A job for which there is no room here is offered to others after so many seconds, for so many; meanwhile nothing
#: smaller is begun in its stead.
ROOM_S, OFFER_S = 10.0, 1.0
#: While so many jobs that have run are on their way into the store, no more are begun.
MOST_COLLECTED = 16
#: Each job has a thread; more of them than this wait, whatever little they need.
MOST_THREADS = 500


class Runner:
    """Runs until it is told to stop."""

    def __init__(
        self,
        capacity: Capacity,
        intake: Intake,
        leases: Leases,
        life: Life,
        watch: Watch,
        chores: Housekeeping,
        status: StatusFile,
    ) -> None:
        self._capacity, self._intake, self._leases = capacity, intake, leases
        self._life, self._watch, self._chores, self._status = life, watch, chores, status
        self._stopping = threading.Event()
        self._hands = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="job")
        self._in_hand = 0
        self._count = threading.Condition()

    def run(self) -> int:
        """Work until stopped; the process's exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        self._chores.start()
        log.info("runner started with %g CPUs", self._capacity.cpus)
        taking = threading.Thread(target=self._take_on, name="intake", daemon=True)
        taking.start()
        while not self._stopping.wait(LOOK_S) and taking.is_alive():
            self._status.write("ready")
        code = 0 if self._stopping.is_set() else 1
        self._end(taking)
        return code

    def _take_on(self) -> None:
        while not self._stopping.is_set():
            if not self._capacity.wait_for_some(LOOK_S) or not self._has_hands_free():
                continue
            queue, leases = self._intake.receive(max(1, math.floor(self._capacity.free_cpus)))
            if queue is None:
                continue
            waiting = self._one_of_each_group([self._leases.hold(lease, queue) for lease in leases])
            while waiting:
                if self._stopping.is_set():
                    self._let_others_have(waiting)
                    break
                held = waiting.pop(0)
                taken = self._life.meet(held)
                if taken is None or not self._begin(taken, waiting):
                    self._leases.let_go(held)

    def _one_of_each_group(self, held: list[Held]) -> list[Held]:
        """The first message of each group. Queues give several of one group out at once; of jobs that share one, only
        so many may run at a time, so the others go back until the first has ended."""
        firsts = {one.lease.group: one for one in reversed(held)}
        first = [one for one in held if firsts[one.lease.group] is one]
        self._let_others_have([one for one in held if firsts[one.lease.group] is not one])
        return first

    def _has_hands_free(self) -> bool:
        """Whether not too much waits for the store."""
        with self._count:
            return self._count.wait_for(lambda: self._in_hand - self._capacity.lent < MOST_COLLECTED, LOOK_S)

    def _begin(self, taken: Taken, waiting: list[Held]) -> bool:
        """Start it as soon as there is what it was promised; until then nothing that came later is begun here, and what
        came with it goes back. Whether it has been started."""
        if not self._capacity.can_ever(taken.spec):
            log.info("job %s is too large for this runner", taken.job.run_id)
            self._life.pass_on(taken.held, PASS_PAUSE_S)
            return False
        self._watch.add(taken.job.run_id, taken.stop)
        grant = self._capacity.lend(taken.spec, 0.0)
        if grant is None:
            self._let_others_have(waiting)
            grant = self._wait_for_room(taken)
        if grant is None:
            self._watch.remove(taken.job.run_id)
            self._life.pass_on(taken.held, 0.0)
            if taken.stop.reason is None:
                self._stopping.wait(OFFER_S)
            return False
        with self._count:
            self._in_hand += 1
        self._hands.submit(self._live, taken, grant)
        return True

    def _let_others_have(self, waiting: list[Held]) -> None:
        while waiting:
            held = waiting.pop()
            self._life.pass_on(held, 0.0)
            self._leases.let_go(held)

    def _wait_for_room(self, taken: Taken) -> Grant | None:
        """What it was promised; None where others may have it now, or nobody is to have it any more."""
        end, grant = time.monotonic() + ROOM_S, None
        while grant is None and time.monotonic() < end and not self._stopping.is_set() and taken.stop.reason is None:
            grant = self._capacity.lend(taken.spec, LOOK_S)
        return grant

    def _live(self, taken: Taken, grant: Grant) -> None:
        try:
            self._life.live(taken, grant)
        finally:
            self._watch.remove(taken.job.run_id)
            self._leases.let_go(taken.held)
            grant.give_back()
            self._chores.soon()
            with self._count:
                self._in_hand -= 1
                self._count.notify_all()

    def _end(self, taking: threading.Thread) -> None:
        """Take nothing more, and let what runs go back to its queue; in this order, for it is not to be taken here."""
        deadline = time.monotonic() + HAND_BACK_S
        self._stopping.set()
        taking.join(HAND_BACK_S / 2)
        self._chores.stop(LOOK_S)
        self._watch.stop_all()
        with self._count:
            self._count.wait_for(lambda: self._in_hand == 0, timeout=deadline - time.monotonic())
        log.info("runner ended with %d jobs left to their leases", self._in_hand)
