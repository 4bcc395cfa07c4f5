"""A local platform in a home of its own over the benchmark's experiments, started as a person would start it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.experiments import ENVIRONMENT, KEPT, LIBRARY
from tandem.local.leftovers import processes_of
from tandem.local.plan import Plan, read_plan
from tandem.local.platform import Part, Platform
from tandem.settings import Settings

#: How long it may take until everything is ready, in seconds.
READY_S = 600


@dataclass(frozen=True)
class Running:
    """A platform that runs."""

    home: Path
    data: Path

    @property
    def address(self) -> str:
        """The gateway's."""
        return self.plan.gateway_url

    @property
    def plan(self) -> Plan:
        plan = read_plan(self.home / ".tandem" / "run" / "platform.json")
        if plan is None:
            raise RuntimeError("The platform did not start.")
        return plan

    @property
    def platform(self) -> Platform:
        return Platform(Settings.model_validate({"TANDEM_HOME": str(self.home), "TANDEM_DATA": str(self.data)}))

    def parts(self) -> dict[str, Part]:
        """Its parts by their names."""
        return {part.program.name: part for part in self.platform.parts()}

    def processes(self) -> set[int]:
        """All processes that are its own, also when it runs no more."""
        return processes_of(self.platform.layout)


@contextmanager
def platform(*experiments: str, data: Path = KEPT, **told: str) -> Iterator[Running]:
    """A platform while it runs; what it is told is meant as settings."""
    with TemporaryDirectory(prefix="tandem-bench-") as folder:
        home = Path(folder)
        (home / ".tandem").mkdir()
        (home / ".tandem" / "r-library").symlink_to(LIBRARY)
        settings = ENVIRONMENT | {"TANDEM_HOME": str(home), "TANDEM_DATA": str(data), "COLUMNS": "160"} | told

        def tandem(*words: str) -> None:
            command = [sys.executable, "-m", "tandem", *words]
            run = subprocess.run(
                command, env=settings, cwd=home, check=False, capture_output=True, text=True, timeout=READY_S
            )
            if run.returncode:
                raise RuntimeError(f"tandem {' '.join(words)}: {run.stdout}{run.stderr}")

        try:
            tandem("up", "--experiment", ",".join(experiments))
            yield Running(home, data)
        finally:
            tandem("down")
