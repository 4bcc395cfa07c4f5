"""A local platform in a home of its own over the benchmark's experiments, started as a person would start it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.experiments import ENVIRONMENT, KEPT
from tandem.local.plan import read_plan

#: How long it may take until everything is ready, in seconds.
READY_S = 600


@contextmanager
def platform(*experiments: str, data: Path = KEPT) -> Iterator[str]:
    """The gateway's address while the platform runs."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        (home / ".tandem").mkdir()
        told = ENVIRONMENT | {"TANDEM_HOME": str(home), "TANDEM_DATA": str(data), "COLUMNS": "160"}

        def tandem(*words: str) -> None:
            command = [sys.executable, "-m", "tandem", *words]
            subprocess.run(command, env=told, cwd=home, check=True, capture_output=True, timeout=READY_S)

        try:
            tandem("up", "--experiment", ",".join(experiments))
            plan = read_plan(home / ".tandem" / "run" / "platform.json")
            if plan is None:
                raise RuntimeError("The platform did not start.")
            yield plan.gateway_url
        finally:
            tandem("down")
