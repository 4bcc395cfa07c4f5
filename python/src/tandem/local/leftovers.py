"""Processes of a platform that outlived their supervisor."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from tandem.local.layout import Layout
from tandem.local.supervision import MARK

#: Seconds that a killed process may take to go.
GONE_S = 2.0


def processes_of(layout: Layout) -> set[int]:
    """All processes that this platform started, by the mark in their environment."""
    mark = os.fsencode(f"{MARK}={layout.home}")
    found = set()
    for entry in Path("/proc").iterdir():
        # A process may go while it is looked at, and those of other people cannot be.
        with suppress(OSError):
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
    return found - {os.getpid()}


def end(layout: Layout) -> set[int]:
    """End them by force, and say which there were."""
    ended: set[int] = set()
    deadline = time.monotonic() + GONE_S
    while (left := processes_of(layout)) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ended |= left
        time.sleep(0.02)
    return ended
