"""The users that runs become where we are root with its rights: one for each, so that none touches another's."""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tandem.rights import may_become_others

#: Of what the system gives to services that live for a while (systemd's DynamicUser): nobody else has these numbers.
GUESTS = range(61184, 65520)

#: Seconds for which one look at the users of all processes serves the runs that begin.
SHARED_S = 1.0

_taken: set[int] = set()
_lock = threading.Lock()


@contextmanager
def guest() -> Iterator[int | None]:
    """A user for one run, whom no process has; nobody where we are not root ourselves."""
    if not may_become_others():
        yield None
        return
    with _lock:
        used = _taken | _running.get()
        number = _any()
        while number in used:
            number = _any()
        _taken.add(number)
    try:
        yield number
    finally:
        with _lock:
            _taken.discard(number)


def _any() -> int:
    return random.choice(GUESTS)  # noqa: S311 - it need not be hard to guess


class _Running:
    """The users whom processes had a moment ago; those of our own runs are known anyway."""

    def __init__(self) -> None:
        self._at = float("-inf")
        self._users: set[int] = set()

    def get(self) -> set[int]:
        if time.monotonic() - self._at > SHARED_S:
            self._users, self._at = _look(), time.monotonic()
        return self._users


_running = _Running()


def _look() -> set[int]:
    users = set()
    for entry in os.scandir("/proc"):
        with suppress(OSError):
            if entry.name.isdigit():
                users.add(entry.stat().st_uid)
    return users
