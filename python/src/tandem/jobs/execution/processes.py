"""The processes of this machine at one moment."""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
#: Seconds for which many runs share one look at all processes.
SHARED_S = 0.1
#: Seconds that counting the memory of some may take.
COUNTING_S = 0.2


@dataclass(frozen=True)
class Process:
    """What the kernel says of one."""

    pid: int
    parent: int
    session: int
    is_dead: bool
    #: Seconds of its own, without those of its children.
    cpu_s: float
    #: Bytes in memory, those it shares with others among them.
    resident: int


def look_at(pid: int) -> Process | None:
    """One process, if it is there."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b") ")[2].split()
    except OSError:
        return None
    cpu_s = (int(words[11]) + int(words[12])) / TICKS
    return Process(pid, int(words[1]), int(words[3]), words[0] in (b"Z", b"X"), cpu_s, int(words[21]) * PAGE)


def look_at_all() -> dict[int, Process]:
    """Every process that is there now."""
    found = (look_at(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return {process.pid: process for process in found if process is not None}


class _Shared:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = -SHARED_S
        self._all: dict[int, Process] = {}

    def get(self) -> dict[int, Process]:
        with self._lock:
            if time.monotonic() - self._at > SHARED_S:
                self._all, self._at = look_at_all(), time.monotonic()
            return self._all


_shared = _Shared()


def lately() -> dict[int, Process]:
    """Every process that was there a moment ago."""
    return _shared.get()


def descendants(root: int, processes: dict[int, Process]) -> list[Process]:
    """All that came of one process, as far as the line of parents still leads to it; itself not."""
    children: dict[int, list[Process]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    found, new = [], children.get(root, [])
    while new:
        found += new
        new = [child for process in new for child in children.get(process.pid, [])]
    return found


def proportional(pids: Iterable[int]) -> int | None:
    """Bytes that processes have in memory, with what several share counted once; nothing if it takes too long to
    count, as it does when there are very many."""
    total, end = 0, time.monotonic() + COUNTING_S
    for pid in pids:
        if time.monotonic() > end:
            return None
        with suppress(OSError, StopIteration, ValueError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            total += 1024 * int(next(line for line in file if line.startswith(b"Pss:")).split()[1])
    return total
