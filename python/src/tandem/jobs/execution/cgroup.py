"""A control group (version 2) for one run, as far as this machine lets us have one: it knows every process of the run,
ends them all at once and counts their processor time; where its controllers are there, it also holds the limits."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Self

from tandem.jobs.execution.limits import PROCESSES, Limits

#: The group under which those of all runs lie.
NAME = "tandem"
CONTROLLERS = ("memory", "cpu", "pids")
#: Microseconds in which a run may use its share of the processors.
PERIOD_US = 100_000
#: Seconds that the end of all processes may take, and between looks whether it has come.
END_S, LOOK_S = 1.0, 0.002


class Cgroup:
    """The group of one run."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.has_memory = (place / "memory.max").exists()

    @classmethod
    def make(cls, name: str, limits: Limits) -> Self | None:
        """A new one, or none where we may not make any."""
        parent = _parent()
        if parent is None:
            return None
        place = parent / f"{os.getpid()}.{name}"
        try:
            place.mkdir(exist_ok=True)
        except OSError:
            return None
        group = cls(place)
        group._put("memory.max", limits.memory_bytes)
        group._put("memory.swap.max", 0)
        group._put("cpu.max", f"{max(1000, int(limits.cpus * PERIOD_US))} {PERIOD_US}")
        group._put("pids.max", PROCESSES)
        return group

    def take(self, pid: int) -> bool:
        """Put a process into the group; whether that could be done."""
        return self._put("cgroup.procs", pid)

    def processes(self) -> list[int]:
        """The numbers of all its processes."""
        return [int(word) for word in self._get("cgroup.procs").split()]

    def kill(self) -> None:
        """End all its processes, and wait until they are gone."""
        deadline = time.monotonic() + END_S
        while self._fact("cgroup.events", "populated") and time.monotonic() < deadline:
            if not self._put("cgroup.kill", 1):  # before Linux 5.14
                for pid in self.processes():
                    with suppress(ProcessLookupError):
                        os.kill(pid, 9)
            time.sleep(LOOK_S)

    def remove(self) -> None:
        """Give it up, when nothing runs in it any more."""
        with suppress(OSError):
            self.place.rmdir()

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time of all that ever ran in it."""
        return self._fact("cpu.stat", "usage_usec") / 1e6

    @property
    def peak_bytes(self) -> int:
        """The most memory it ever had; 0 where nobody counts."""
        return int(self._get("memory.peak") or 0)

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether one of its processes was ended for want of memory."""
        return self._fact("memory.events", "oom_kill") > 0

    def _put(self, name: str, value: object) -> bool:
        try:
            (self.place / name).write_text(str(value))
        except OSError:
            return False
        return True

    def _get(self, name: str) -> str:
        try:
            return (self.place / name).read_text()
        except OSError:
            return ""

    def _fact(self, name: str, key: str) -> int:
        facts = dict(line.split(maxsplit=1) for line in self._get(name).splitlines())
        return int(facts.get(key, 0))


@contextmanager
def around(pid: int, name: str, limits: Limits, *, is_needed: bool) -> Iterator[Cgroup | None]:
    """A group with a process in it, as long as it is wanted. To move a process takes some milliseconds, so where the
    group cannot hold the limits there is one only if nothing else keeps the processes together."""
    group = Cgroup.make(name, limits) if is_needed or _has_controllers() else None
    try:
        yield group if group and group.take(pid) else None
    finally:
        if group:
            group.remove()


@cache
def _has_controllers() -> bool:
    parent = _parent()
    return parent is not None and "memory" in (parent / "cgroup.subtree_control").read_text().split()


@cache
def _parent() -> Path | None:
    """The group in which we may make others, if this machine has one, without what dead runners have left there."""
    hierarchy = _hierarchy()
    if hierarchy is None:
        return None
    parent = hierarchy / NAME
    try:
        parent.mkdir(exist_ok=True)
    except OSError:
        return None
    for folder in (hierarchy, parent):
        for controller in CONTROLLERS:
            with suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")
    for child in parent.iterdir():
        if child.is_dir() and not Path("/proc", child.name.partition(".")[0]).exists():
            left = Cgroup(child)
            left.kill()
            left.remove()
    return parent


def _hierarchy() -> Path | None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    return None
