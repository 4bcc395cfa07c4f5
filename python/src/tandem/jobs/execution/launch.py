"""Carrying out one run of a program: `execute` returns when nothing of it runs any more."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL, SIGXFSZ

from tandem.jobs.execution import cgroup, container, walls
from tandem.jobs.execution.container import Container, Engine
from tandem.jobs.execution.course import By, Course, Listener, Processes
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
from tandem.jobs.execution.verdict import see_whether_it_started, wanted_memory
from tandem.jobs.execution.walls import Confinement, Enclosure, Way

__all__ = ["Ending", "Launch", "Limits", "Listener", "Places", "execute", "places"]

#: What a shell adds to the number of the signal that ended a command.
SIGNAL_OFFSET, LAST_SIGNAL = 128, 64


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

    @property
    def variables(self) -> dict[str, str]:
        """All that the program has for an environment."""
        where = places(self.folder, self.image)
        # An engine shows a container its graphics cards alone, and counts them anew.
        gpus = tuple(range(len(self.gpus))) if self.image else self.gpus
        return environment(self.job_id, self.attempt, where, self.limits, gpus, self.environment)

    @property
    def enclosure(self) -> Enclosure:
        """What the program finds within its walls."""
        gpus, memory = bool(self.gpus), self.limits.memory_bytes
        return Enclosure(self.folder, self.assets, self.hidden, self.network, gpus, memory)


@dataclass(frozen=True)
class Ending:
    """How a run ended, what it used and what kept it apart."""

    exit_code: int | None
    signal: int | None
    by: By
    #: None where it was not measured.
    cpu_s: float | None
    peak_bytes: int | None
    started_at: datetime
    finished_at: datetime
    confinement: Confinement
    #: What tells its image from later ones of the same name, where it ran in one.
    image_id: str | None = None


def execute(launch: Launch, stop: Stop, listener: Listener) -> Ending:
    """Start a program and stay with it to its end, in this thread; then nothing of it runs any more."""
    if launch.image:
        return carry_out_in_container(launch, container.engine(), stop, listener)
    return carry_out(launch, walls.best_way(), stop, listener)


def carry_out(launch: Launch, way: Way, stop: Stop, listener: Listener) -> Ending:
    """The same with a given kind of walls."""
    folder, limits, is_walled = launch.folder, launch.limits, way != "process group"
    variables, within = launch.variables, launch.enclosure
    with ExitStack() as at_end:
        user = at_end.enter_context(guest())
        # Behind bubblewrap every way is open that leads to what is shown; else the guest goes where anybody may.
        is_stranger = user is not None and way != "bubblewrap"
        argv = [found(launch.argv[0], folder.root, variables["PATH"], is_stranger), *launch.argv[1:]]
        command = walls.command(way, argv, variables, within, user)
        process = at_end.enter_context(_process(command, launch, user))
        group = at_end.enter_context(cgroup.around(process.pid, launch.job_id, limits, is_needed=not is_walled))
        has_memory = group is not None and group.has_memory
        restrict(process.pid, limits, user is not None, has_memory)
        tree = Tree(process.pid, launch.job_id, group, is_walled, user)
        meter = Meter(tree, group, folder.root, limits)
        kept = walls.confinement(way, within, user is not None, has_memory)
        ending = _follow(launch, process, tree, meter, user, kept, stop, listener)
        ending = replace(with_signal(ending) if is_walled else ending, cpu_s=meter.cpu_s(process.cpu_s))
        if ending.by != "itself" or ending.exit_code == 0:
            return ending
        see_whether_it_started(ending.exit_code, process.last_words)
        out_of_memory = group.ran_out_of_memory if has_memory and group else wanted_memory(process.last_words)
        return replace(ending, by="memory" if out_of_memory else _want_of_room(ending, meter, process))


def carry_out_in_container(launch: Launch, engine: Engine, stop: Stop, listener: Listener) -> Ending:
    """The same in a container."""
    image, name, within = launch.image or "", f"tandem-{launch.job_id}", launch.enclosure
    where = places(launch.folder, image)
    container.remove(engine, name)
    with guest() as user:
        words = (launch.argv, launch.variables, within, where, launch.limits, launch.gpus, user)
        command = container.command(engine, name, image, *words)
        with _process(command, launch, user, container.settings()) as process:
            processes = Container(engine, name, process.pid)
            meter = Meter(processes, None, launch.folder.root, launch.limits)
            kept = container.confinement(engine, within)
            ending = _follow(launch, process, processes, meter, user, kept, stop, listener)
            ending = replace(with_signal(ending), image_id=container.id_of(engine, image))
            if ending.by != "itself" or ending.exit_code == 0:
                return ending
            container.see_whether_it_started(ending.exit_code, process.last_words)
            # Nobody else than the kernel, for want of memory, would have ended it so.
            out_of_memory = ending.signal == SIGKILL
            return replace(ending, by="memory" if out_of_memory else _want_of_room(ending, meter, process))


@contextmanager
def _process(
    command: Sequence[str], launch: Launch, user: int | None, variables: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A process at its gate, in a folder that belongs to its user as long as it is wanted."""
    with ExitStack() as at_end:
        at_end.callback(launch.folder.take_back)
        launch.folder.hand_over(user, launch.assets)
        process = Process(command, {MARK: launch.job_id, **(variables or {})}, launch.folder.logs)
        try:
            yield process
        finally:
            process.end()
            at_end.close()  # the logs have their place when it belongs to us alone again
            process.keep_logs()


def _follow(
    launch: Launch,
    process: Process,
    processes: Processes,
    meter: Meter,
    user: int | None,
    kept: Confinement,
    stop: Stop,
    listener: Listener,
) -> Ending:
    progress = ProgressFile(launch.folder.progress, os.geteuid() if user is None else user)
    course = Course(process, processes, meter, progress, launch.limits, stop, listener)
    started_at = datetime.now(UTC)
    by = course.follow()
    code = process.exit_code
    return Ending(
        exit_code=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        by=by,
        cpu_s=meter.cpu_s(0),
        peak_bytes=meter.peak_bytes(),
        started_at=started_at,
        finished_at=datetime.now(UTC),
        confinement=kept,
    )


def with_signal(ending: Ending) -> Ending:
    """The first process of a namespace makes a code of the signal that ended the program; this takes it back."""
    code = ending.exit_code
    if code is None or not SIGNAL_OFFSET < code <= SIGNAL_OFFSET + LAST_SIGNAL:
        return ending
    return replace(ending, exit_code=None, signal=code - SIGNAL_OFFSET)


def _want_of_room(ending: Ending, meter: Meter, process: Process) -> By:
    """Whether a program that failed could not write on."""
    log_is_full = any(stream.is_full for stream in process.streams)
    is_disk = ending.signal == SIGXFSZ or log_is_full or meter.is_over_disk() or meter.is_disk_full()
    return "disk" if is_disk else "itself"
