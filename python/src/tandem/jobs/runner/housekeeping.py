"""What some runner has to do now and then, such as to send what has become ready and to say that it is there."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from tandem.errors import TandemError

log = logging.getLogger(__name__)

#: Seconds between two looks, and at least between one and the next after a job has ended.
LOOK_S, SOON_S = 2.0, 0.2


class Housekeeping:
    """One thread that does chores in turn. One that fails is tried again with the next look."""

    def __init__(self, chores: Sequence[Callable[[], object]]) -> None:
        self._chores = chores
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._look_on, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def soon(self) -> None:
        """Something has ended, and others may have waited for it."""
        self._wake.set()

    def stop(self, wait_s: float) -> None:
        """Do no more."""
        self._ended = True
        self._wake.set()
        self._thread.join(wait_s)

    def _look_on(self) -> None:
        while not self._ended:
            for chore in self._chores:
                try:
                    chore()
                except TandemError as error:
                    log.warning("%s", error)
                except Exception:
                    log.exception("a chore went wrong")
            time.sleep(SOON_S)
            self._wake.wait(LOOK_S - SOON_S)
            self._wake.clear()
