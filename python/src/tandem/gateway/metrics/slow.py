"""Figures that take long to find out: the last ones are told while new ones are looked for."""

import logging
import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

#: How old a figure may be before it is looked for again, in seconds.
FRESH_S = 15.0

Figure = TypeVar("Figure")


class Slow(Generic[Figure]):
    """One figure, and how it is found out; it is never waited for after the first time."""

    def __init__(self, find: Callable[[], Figure]) -> None:
        self._find = find
        self._known: Figure | None = None
        self._found_at = float("-inf")
        self._looking = Lock()

    def value(self) -> Figure | None:
        """The figure as it was a moment ago; None as long as it could not be found out."""
        if time.monotonic() - self._found_at > FRESH_S and self._looking.acquire(blocking=False):
            if self._known is None:
                self._look()
            else:
                Thread(target=self._look, daemon=True).start()
        return self._known

    def _look(self) -> None:
        try:
            self._known = self._find()
        except Exception as error:  # a figure that is missing says enough
            log.warning("a figure for the metrics could not be found out: %s", error)
        finally:
            self._found_at = time.monotonic()
            self._looking.release()
