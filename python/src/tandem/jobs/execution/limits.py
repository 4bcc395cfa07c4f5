"""What one run may use up, and what of that the kernel watches for each of its processes."""

import os
import resource
from contextlib import suppress
from dataclasses import dataclass

#: Files that a process may hold open.
OPEN_FILES = 4096
#: Processes and threads of one run.
PROCESSES = 512
#: How much a run lets others go first: those that look after it must get their turn among its many processes.
NICE = 5
#: Bytes beyond its memory that a process may ask for before the kernel says no: the meter sees what is really used,
#: and this holds what is asked for between two of its looks.
SLACK_BYTES = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What one run may use up."""

    cpus: float
    memory_bytes: int
    #: Of all it writes.
    disk_bytes: int
    time_s: float
    #: Between being asked to end and being ended.
    grace_s: float

    @property
    def threads(self) -> int:
        """How many threads the libraries of numbers should start."""
        return max(1, round(self.cpus))


def restrict(pid: int, limits: Limits, has_own_user: bool, memory_is_watched: bool) -> None:
    """Let the kernel hold a process, and all that come of it, to the limits it knows of for single processes. Of its
    processes it counts those of a user, so that is for runs that have their own."""
    bounds = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: limits.disk_bytes, resource.RLIMIT_NOFILE: OPEN_FILES}
    if not memory_is_watched:
        bounds[resource.RLIMIT_DATA] = limits.memory_bytes + SLACK_BYTES
    if has_own_user:
        bounds[resource.RLIMIT_NPROC] = PROCESSES
    for kind, bound in bounds.items():
        _, hard = resource.prlimit(pid, kind)
        most = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.prlimit(pid, kind, (most, most))
    os.setpriority(os.PRIO_PROCESS, pid, NICE)
    with suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
        file.write("1000")  # where memory runs out for all, this goes first
