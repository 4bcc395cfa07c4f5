"""The users that runs become where we are root: another one for each, so that none can touch what is another's."""

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: Of what the system gives to services that live for a while (systemd's DynamicUser): nobody else has these numbers.
GUESTS = range(61184, 65520)

_taken: set[int] = set()
_lock = threading.Lock()


@contextmanager
def guest() -> Iterator[int | None]:
    """A user for one run, whom no process has; nobody where we are not root ourselves."""
    if os.geteuid() != 0:
        yield None
        return
    with _lock:
        used = _taken | _running()
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


def _running() -> set[int]:
    users = set()
    for entry in os.scandir("/proc"):
        with suppress(OSError):
            if entry.name.isdigit():
                users.add(entry.stat().st_uid)
    return users
