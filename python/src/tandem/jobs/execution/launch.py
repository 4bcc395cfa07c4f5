"""Carrying out one run of a program: `execute` returns when nothing of it runs any more."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGXFSZ

from tandem import errors
from tandem.jobs.execution import cgroup, walls
from tandem.jobs.execution.cgroup import Cgroup
from tandem.jobs.execution.course import By, Course, Listener
from tandem.jobs.execution.environment import Places, environment, places
from tandem.jobs.execution.finding import found
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.guests import guest
from tandem.jobs.execution.limits import Limits, restrict
from tandem.jobs.execution.meter import Meter
from tandem.jobs.execution.process import Process
from tandem.jobs.execution.progress import ProgressFile
from tandem.jobs.execution.stop import Stop
from tandem.jobs.execution.tree import MARK, Tree
from tandem.jobs.execution.walls import Confinement, Enclosure, Way

__all__ = ["Ending", "Launch", "Limits", "Listener", "Places", "execute", "places"]

#: What programs say when the kernel gives them no more memory.
MEMORY_WORDS = (
    *("MemoryError", "bad_alloc", "annot allocate memory", "cannot allocate vector", "out of memory"),
    *("OutOfMemory", "Unable to allocate"),
)
#: What `env` ends with if it cannot start a program.
NOT_STARTED_CODES = (126, 127)


@dataclass(frozen=True)
class Launch:
    """One run: what to start, where, with what and within what."""

    job_id: str
    argv: tuple[str, ...]
    folder: RunFolder
    environment: Mapping[str, str]
    limits: Limits
    network: bool = False
    gpus: tuple[int, ...] = ()
    image: str | None = None
    #: The program's own files, which it may only read.
    assets: Path | None = None
    attempt: int = 1
    #: Folders that a program has no business in: of other runs, of the platform, its data.
    hidden: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Ending:
    """How a run ended, what it used and what kept it apart."""

    exit_code: int | None
    signal: int | None
    by: By
    cpu_s: float
    peak_bytes: int
    started_at: datetime
    finished_at: datetime
    confinement: Confinement


def execute(launch: Launch, stop: Stop, listener: Listener) -> Ending:
    """Start a program and stay with it to its end, in this thread; then nothing of it runs any more."""
    return carry_out(launch, walls.best_way(), stop, listener)


def carry_out(launch: Launch, way: Way, stop: Stop, listener: Listener) -> Ending:
    """The same with a given kind of walls."""
    folder, limits, is_walled = launch.folder, launch.limits, way != "process group"
    variables = environment(launch.job_id, launch.attempt, places(folder), limits, launch.gpus, launch.environment)
    within = Enclosure(folder, launch.assets, launch.hidden, launch.network, bool(launch.gpus), limits.memory_bytes)
    with ExitStack() as at_end:
        user = at_end.enter_context(guest())
        # Behind bubblewrap every way is open that leads to what is shown; else the guest goes where anybody may.
        is_stranger = user is not None and way != "bubblewrap"
        argv = [found(launch.argv[0], folder.root, variables["PATH"], is_stranger), *launch.argv[1:]]
        folder.hand_over(user, launch.assets)
        process = Process(walls.command(way, argv, variables, within, user), {MARK: launch.job_id}, folder.logs)
        at_end.callback(process.keep_logs)
        at_end.callback(folder.take_back)
        group = at_end.enter_context(cgroup.around(process.pid, launch.job_id, limits, is_needed=not is_walled))
        has_memory = group is not None and group.has_memory
        restrict(process.pid, limits, user is not None, has_memory)
        tree = Tree(process.pid, launch.job_id, group, is_walled, user)
        meter = Meter(tree, group, folder.root, limits)
        progress = ProgressFile(folder.progress, os.geteuid() if user is None else user)
        course = Course(process, tree, meter, progress, limits, stop, listener)
        started_at = datetime.now(UTC)
        by, code, signal = course.follow(), *process.outcome(is_walled)
        finished_at = datetime.now(UTC)
        if by == "itself" and code != 0:
            _see_whether_it_started(code, process.stderr.last_words)
            by = _cause(meter, group, process, signal)
        return Ending(
            exit_code=code,
            signal=signal,
            by=by,
            cpu_s=meter.cpu_s(process.cpu_s),
            peak_bytes=meter.peak_bytes(),
            started_at=started_at,
            finished_at=finished_at,
            confinement=walls.confinement(way, within, user is not None, has_memory),
        )


def _see_whether_it_started(code: int | None, last_words: Sequence[str]) -> None:
    """Raise if those before the program could not start it."""
    said = last_words[-1] if last_words else ""
    if (code == 1 and said.startswith("bwrap: ")) or (
        code in NOT_STARTED_CODES and said.startswith(("env: ", "first: "))
    ):
        raise errors.NotStarted(reason=said)


def _cause(meter: Meter, group: Cgroup | None, process: Process, signal: int | None) -> By:
    """Why a program has failed by itself: for want of memory or of room, as far as that can be seen."""
    if group and group.ran_out_of_memory:
        return "memory"
    if not (group and group.has_memory) and any(w in line for line in process.stderr.last_words for w in MEMORY_WORDS):
        return "memory"
    if signal == SIGXFSZ or meter.is_over_disk() or meter.is_disk_full() or any(s.is_full for s in process.streams):
        return "disk"
    return "itself"
