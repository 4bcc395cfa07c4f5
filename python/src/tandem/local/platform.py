"""The local platform as a whole: start it, look at it, stop it."""

import fcntl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from xmlrpc.client import Error as ControlError

from tandem.errors import PartFailed, PlatformBusy, PlatformDown, SetupIncomplete
from tandem.local import leftovers, supervision
from tandem.local.layout import Layout
from tandem.local.log_files import tail
from tandem.local.plan import Plan, make_plan, read_plan, write_plan
from tandem.local.programs import Program, programs_of
from tandem.local.readiness import Readiness, look
from tandem.settings import Settings

#: Seconds between two looks at parts that are starting or stopping.
LOOK_S = 0.1
#: Seconds that all parts together may take to stop before what is left is ended by force.
STOP_S = 3.0


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

    def parts(self) -> list[Part]:
        """How every part is. PlatformDown if there is none."""
        plan = self.plan()
        programs = programs_of(self.layout, plan, self.settings)
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

        with ThreadPoolExecutor(len(programs)) as pool:
            return list(pool.map(part_of, programs))

    def up(self, experiments: Sequence[str], watcher: Watcher) -> Plan:
        """Start what does not run yet and wait until all is ready. Other experiments replace those running."""
        with self._alone():
            plan = self.running_plan()
            if plan is not None and plan.experiments != list(experiments):
                self._stop()
                plan = None
            if plan is None:
                plan = self._start(experiments)
        try:
            self._wait_until_ready(watcher)
        except PartFailed:
            self.down()
            raise
        return plan

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
        if not (layout.r_library / "tandem").is_dir():
            raise SetupIncomplete(missing="the R package")
        # A supervisor that was killed leaves its programs behind, and they hold the ports and the queue.
        leftovers.end(layout)
        plan = make_plan(experiments)
        config = supervision.render(layout, programs_of(layout, plan, self.settings))
        layout.supervisor_config.write_text(config)
        layout.supervisor_config.chmod(0o600)
        write_plan(plan, layout.plan)
        try:
            supervision.start(layout)
        except subprocess.CalledProcessError as error:
            log = layout.log("supervisor")
            reason = (error.stderr or error.stdout).decode(errors="replace").strip()
            raise PartFailed(part="supervisor", reason=reason, log=log, tail=tail(log)) from error
        return plan

    def _wait_until_ready(self, watcher: Watcher) -> None:
        while True:
            parts = self.parts()
            watcher(parts)
            for part in parts:
                if part.readiness.condition == "failed":
                    log = self.layout.log(part.program.name)
                    raise PartFailed(part=part.program.name, reason=part.readiness.detail, log=log, tail=tail(log))
            if all(part.readiness.condition in ("ready", "degraded") for part in parts):
                return
            time.sleep(LOOK_S)

    def _stop(self) -> bool:
        """Those who take work first, then those who do it; in the end by force."""
        there_was = False
        with suppress(OSError, ControlError), supervision.control(self.layout) as supervisor:
            there_was = True
            deadline = time.monotonic() + STOP_S
            names = [process.name for process in supervisor.processes()]
            takers = [name for name in names if name.startswith("worker-") or name == "gateway"]
            for group in (takers, [name for name in names if name not in takers]):
                for name in group:
                    supervisor.stop(name)
                while any(p.name in group and not p.ended for p in supervisor.processes()):
                    if time.monotonic() > deadline:
                        break
                    time.sleep(LOOK_S)
            supervisor.shutdown()
            self._wait_for_supervisor(deadline)
        ended = leftovers.end(self.layout)
        for path in (self.layout.plan, self.layout.supervisor_pid, self.layout.control_socket):
            path.unlink(missing_ok=True)
        for status in self.layout.run.glob("worker-*.json"):
            status.unlink()
        return there_was or bool(ended)

    def _wait_for_supervisor(self, deadline: float) -> None:
        while supervision.is_running(self.layout) and time.monotonic() < deadline:
            time.sleep(LOOK_S)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Starting and stopping is for one command at a time."""
        self.layout.make_folders()
        with (self.layout.run / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PlatformBusy(home=self.layout.home) from error
            yield
