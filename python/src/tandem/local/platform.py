"""The local platform as a whole: start it, look at it, stop it."""

import fcntl
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import get_args
from xmlrpc.client import Error as ControlError

from tandem.errors import PartFailed, PlatformBusy, PlatformDown, SetupIncomplete
from tandem.local import leftovers, promises, roster, supervision
from tandem.local.layout import Layout
from tandem.local.log_files import tail
from tandem.local.plan import Plan, make_plan, read_plan, write_plan
from tandem.local.programs import Kind, Program, programs_of
from tandem.local.readiness import Readiness, look
from tandem.settings import Settings

#: Seconds between two looks at parts that are starting or stopping.
LOOK_S = 0.1
#: Seconds that all parts together may take to stop before what is left is ended by force.
STOP_S = 3.0
#: Seconds that one experiment may take to stop; what does not listen is ended by force well before.
REST_S = 8.0
#: A part that was started so often without the platform being ready is not waited for.
MOST_STARTS = 2
#: Seconds that a command waits for another one that starts or stops something.
LOCK_S = 10.0


@dataclass(frozen=True)
class Part:
    """One program, and how it is now."""

    program: Program
    readiness: Readiness
    pid: int = 0
    running_s: float = 0.0


#: Told how the parts are, again and again, while the platform starts.
Watcher = Callable[[list[Part]], None]


class Platform:
    """One platform for one home. Several commands at once do no harm."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.layout = Layout.of(settings)

    def plan(self) -> Plan:
        """What runs. PlatformDown if nothing does."""
        plan = read_plan(self.layout.plan)
        if plan is None or not supervision.is_running(self.layout):
            raise PlatformDown
        return plan

    def parts(self, kinds: Collection[Kind] = get_args(Kind)) -> list[Part]:
        """How every part is, or every one of some kinds. PlatformDown if nothing runs."""
        plan = self.plan()
        programs = [part for part in programs_of(self.layout, plan, self.settings) if part.kind in kinds]
        try:
            with supervision.control(self.layout) as supervisor:
                processes = {process.name: process for process in supervisor.processes()}
        except (OSError, ControlError) as error:
            raise PlatformDown from error

        def part_of(program: Program) -> Part:
            process = processes.get(program.name)
            readiness = look(self.layout, plan, program, process)
            if process is None or not process.pid:
                return Part(program, readiness)
            return Part(program, readiness, process.pid, time.time() - process.started)

        with ThreadPoolExecutor(len(programs) or 1) as pool:
            return list(pool.map(part_of, programs))

    def up(self, experiments: Sequence[str], watcher: Watcher) -> Plan:
        """Start what does not run yet, beside what runs, and wait until it is ready. What cannot be started ends again,
        and nothing else with it."""
        with self._alone():
            before = self.running_plan()
            plan = self._start(experiments) if before is None else self._open(before, experiments)
        try:
            self._wait_until_ready(watcher, experiments)
        except PartFailed:
            if before is None:
                self.down()
            else:
                for experiment in set(experiments) - set(before.experiments):
                    self.rest(experiment)
            raise
        return plan

    def open(self, experiment: str, *, wait_s: float = LOCK_S) -> Plan:
        """Start the programs of one more experiment, without waiting for it."""
        with self._alone(wait_s):
            return self._open(self.plan(), [experiment])

    def rest(self, experiment: str, *, wait_s: float = LOCK_S) -> Plan:
        """End the programs of one experiment. Work that was not finished goes back to its queue."""
        with self._alone(wait_s):
            plan = self._change(self.plan().without(experiment))
            self.layout.worker_status(experiment).unlink(missing_ok=True)
            return plan

    def give_up(self, experiment: str, *, wait_s: float = LOCK_S) -> None:
        """Start the R service of an experiment no more. Its worker stays, and ends what waits for it."""
        with self._alone(wait_s), self._control() as supervisor:
            supervisor.stop(f"r-{experiment}")

    def down(self) -> bool:
        """Stop everything, whatever state it is in; say whether there was something to stop."""
        with self._alone():
            return self._stop()

    def running_plan(self) -> Plan | None:
        """What runs, if anything does."""
        with suppress(PlatformDown):
            return self.plan()
        return None

    def _start(self, experiments: Sequence[str]) -> Plan:
        layout = self.layout
        self._check_set_up(experiments)
        # A supervisor that was killed leaves its programs behind, and they hold the ports and the queue.
        leftovers.end(layout)
        with promises.choosing(layout.home) as (promised, promise):
            plan = make_plan(experiments, self.settings.gateway_host, self.settings.gateway_port, promised)
            promise(plan.ports)
        self._write(plan)
        try:
            supervision.start(layout)
        except subprocess.CalledProcessError as error:
            log = layout.log("supervisor")
            reason = (error.stderr or error.stdout).decode(errors="replace").strip()
            raise PartFailed(part="supervisor", reason=reason, log=log, tail=tail(log)) from error
        return plan

    def _check_set_up(self, experiments: Sequence[str]) -> None:
        """Experiments need R; jobs do without."""
        if experiments and not (self.layout.r_library / "tandem").is_dir():
            raise SetupIncomplete(missing="the R package")

    def _open(self, plan: Plan, experiments: Sequence[str]) -> Plan:
        self._check_set_up(experiments)
        with promises.choosing(self.layout.home) as (promised, promise):
            plan = plan.beside(experiments, promised)
            promise(plan.ports)
        plan = self._change(plan)
        with self._control() as supervisor:
            roster.revive(supervisor, [f"{kind}-{name}" for kind in ("r", "worker") for name in experiments])
        return plan

    def _change(self, plan: Plan) -> Plan:
        """Run another plan. Whoever dies on the way leaves one that the next change carries out."""
        self._write(plan)
        with self._control() as supervisor:
            roster.settle(supervisor, within_s=REST_S)
        return plan

    def _write(self, plan: Plan) -> None:
        layout = self.layout
        config = supervision.render(layout, programs_of(layout, plan, self.settings))
        layout.supervisor_config.write_text(config)
        layout.supervisor_config.chmod(0o600)
        write_plan(plan, layout.plan)

    @contextmanager
    def _control(self) -> Iterator[supervision.Control]:
        """The running supervisor, whose refusals are told as faults of its own."""
        try:
            with supervision.control(self.layout) as supervisor:
                yield supervisor
        except OSError as error:
            raise PlatformDown from error
        except ControlError as error:
            log = self.layout.log("supervisor")
            raise PartFailed(part="supervisor", reason=error, log=log, tail=tail(log)) from error

    def _wait_until_ready(self, watcher: Watcher, experiments: Sequence[str]) -> None:
        starts: defaultdict[str, set[int]] = defaultdict(set)
        while True:
            parts = [part for part in self.parts() if part.program.experiment in (None, *experiments)]
            watcher(parts)
            for part in parts:
                starts[part.program.name] |= {part.pid} - {0}
                often = len(starts[part.program.name]) > MOST_STARTS
                if often or part.readiness.condition == "failed":
                    reason = "it ends again and again" if often else part.readiness.detail
                    log = self.layout.log(part.program.name)
                    raise PartFailed(part=part.program.name, reason=reason, log=log, tail=tail(log))
            if all(part.readiness.condition in ("ready", "degraded") for part in parts):
                return
            time.sleep(LOOK_S)

    def _stop(self) -> bool:
        """Those who take work first, then those who do it; in the end by force."""
        there_was = False
        with suppress(OSError, ControlError), supervision.control(self.layout) as supervisor:
            there_was = True
            deadline = time.monotonic() + STOP_S
            roster.end(supervisor, [process.name for process in supervisor.processes()], deadline=deadline)
            supervisor.shutdown()
            self._wait_for_supervisor(deadline)
        ended = leftovers.end(self.layout)
        for path in (self.layout.plan, self.layout.supervisor_pid, self.layout.control_socket):
            path.unlink(missing_ok=True)
        for status in (*self.layout.run.glob("worker-*.json"), self.layout.runner_status):
            status.unlink(missing_ok=True)
        return there_was or bool(ended)

    def _wait_for_supervisor(self, deadline: float) -> None:
        while supervision.is_running(self.layout) and time.monotonic() < deadline:
            time.sleep(LOOK_S)

    @contextmanager
    def _alone(self, wait_s: float = LOCK_S) -> Iterator[None]:
        """Starting and stopping is for one at a time."""
        self.layout.make_folders()
        give_up_at = time.monotonic() + wait_s
        with (self.layout.run / "lock").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() >= give_up_at:
                        raise PlatformBusy(home=self.layout.home) from error
                    time.sleep(LOOK_S)
            yield
