"""The worker: so many slots, an intake that fills them, and an orderly end."""

import logging
import queue
import signal
import threading
import time

from tandem.errors import ShuttingDown, TandemError
from tandem.queues.leases import Held
from tandem.settings import Settings
from tandem.status import StatusFile
from tandem.worker.intake import Intake
from tandem.worker.life import Life, Parts
from tandem.worker.podinfo import Owner
from tandem.worker.retirement import retire

log = logging.getLogger(__name__)

#: How often the worker looks at itself, in seconds.
LOOK_S = 0.2
#: What handing back may take of the grace, in seconds.
HAND_BACK_S = 2.0
#: Seconds within which a pod is told to end whose deletion is accepted.
GONE_S = 120.0
#: When a process of R ends, whoever ends everything has told us within so many seconds.
HEARD_S = 1.0


class Worker:
    """Runs until it is told to stop, or has been idle for too long."""

    def __init__(self, settings: Settings, parts: Parts, status: StatusFile) -> None:
        self._settings, self._parts, self._status = settings, parts, status
        self._life = Life(parts, self._is_stopping)
        self._waiting: queue.SimpleQueue[Held | None] = queue.SimpleQueue()
        self._in_hand = 0
        self._changed = threading.Condition()
        self._last_done = time.monotonic()
        self._stops = 0
        self._queue_trouble = ""
        self._intake = self._new_intake()
        self._owner = Owner(settings)
        self._slots = [
            threading.Thread(target=self._work, name=f"slot-{number}", daemon=True)
            for number in range(settings.concurrency)
        ]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def run(self) -> int:
        """Work until stopped; the process's exit code."""
        for slot in self._slots:
            slot.start()
        self._intake.start()
        log.info("worker started for %s with %d slots", self._settings.experiment_id, len(self._slots))
        while not self._stops:
            self._report()
            if self._is_idle_too_long() and self._nothing_comes():
                log.info("idle for %.0f s: ending", self._settings.idle_timeout_s)
                self._retires()
                break
            if self._owner.has_changed() and self._retires():
                break
            time.sleep(LOOK_S)
        self._end()
        return 0

    def _new_intake(self) -> Intake:
        return Intake(
            self._parts.queue,
            self._parts.leases,
            room=self._room,
            take=self._take,
            tell=self._queue_is,
            patience=lambda: self._settings.idle_timeout_s - self._idle_s(),
        )

    def _nothing_comes(self) -> bool:
        """Receive no more, and wait until nothing can come. Where something has come after all, go on."""
        self._intake.stop(wait_s=0)
        while self._intake.is_receiving and not self._stops:
            self._report()
            time.sleep(LOOK_S)
        if self._stops:
            return False
        if self._is_idle_too_long():
            return True
        self._intake = self._new_intake()
        self._intake.start()
        return False

    def _retires(self) -> bool:
        """Where we may, have the whole pod deleted, and wait to be told to end; whether it is."""
        if not self._settings.retire or not retire(self._settings):
            return False
        log.info("the pod is being deleted")
        self._intake.stop(wait_s=0)
        end_at = time.monotonic() + GONE_S
        while not self._stops and time.monotonic() < end_at:
            self._status.write("stopping")
            time.sleep(LOOK_S)
        return True

    def _is_stopping(self) -> bool:
        """Whether we are told to end. Whoever ends a pod tells R too, which may be gone before we have heard of it."""
        until = time.monotonic() + HEARD_S
        while not self._stops and time.monotonic() < until:
            time.sleep(HEARD_S / 20)
        return self._stops > 0

    def _on_signal(self, *_: object) -> None:
        """It comes between any two steps of the main thread, which may hold any lock: it only counts."""
        self._stops += 1

    def _end(self) -> None:
        """Receive no more, hand back what has not begun, and let the rest finish within the grace or go back too."""
        self._status.write("stopping")
        self._intake.stop(wait_s=LOOK_S)
        self._drop_waiting()
        finish_by = time.monotonic() + max(0.0, self._settings.grace_s - HAND_BACK_S)
        while self._in_hand and self._stops < 2 and time.monotonic() < finish_by:
            self._status.write("stopping")
            time.sleep(LOOK_S / 4)
        for held in self._parts.leases.all():
            held.interrupt(ShuttingDown())
        give_up_at = time.monotonic() + HAND_BACK_S
        while self._in_hand and time.monotonic() < give_up_at:
            time.sleep(LOOK_S / 4)
        log.info("worker ended with %d messages left to their leases", self._in_hand)

    def _drop_waiting(self) -> None:
        """Hand back the messages that no slot has taken yet."""
        while True:
            try:
                held = self._waiting.get_nowait()
            except queue.Empty:
                return
            if held is not None:
                self._hand_back(held)
                self._count(-1)

    def _hand_back(self, held: Held) -> None:
        """Leave a message that nobody has begun to others."""
        try:
            self._parts.queue.release(held.lease)
        except TandemError as error:
            log.info("a waiting message comes back by itself: %s", error)
        self._parts.leases.let_go(held)

    def _work(self) -> None:
        while (held := self._waiting.get()) is not None:
            try:
                self._life.live(held)
            except Exception:
                log.exception("a slot met the unexpected")
            self._last_done = time.monotonic()
            self._count(-1)

    def _take(self, held: Held) -> None:
        self._life.meet(held)
        if self._stops:  # it may be one that a slot has just handed back
            self._hand_back(held)
            return
        self._count(+1)
        self._waiting.put(held)

    def _room(self, wait_s: float) -> bool:
        """Whether a slot is free for a new message, waiting a while for one."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._stops and self._in_hand < len(self._slots), timeout=wait_s)

    def _count(self, change: int) -> None:
        with self._changed:
            self._in_hand += change
            self._changed.notify_all()

    def _queue_is(self, trouble: str) -> None:
        self._queue_trouble = trouble

    def _is_idle_too_long(self) -> bool:
        return self._idle_s() > self._settings.idle_timeout_s

    def _idle_s(self) -> float:
        """For how long there has been nothing to do, in seconds; never long where nobody minds."""
        if self._settings.ignore_timeout or self._in_hand:
            return 0.0
        return time.monotonic() - self._last_done

    def _report(self) -> None:
        if self._queue_trouble:
            self._status.write("waiting", self._queue_trouble)
        elif self._parts.work.trouble:
            self._status.write("degraded", self._parts.work.trouble)
        elif self._parts.announcements.degraded:
            self._status.write("degraded", "Redis does not answer: results are stored, but nobody is told")
        else:
            self._status.write("ready")
