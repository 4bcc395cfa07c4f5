"""`tandem runner`: take jobs and run them, here."""

import os
import sys
from typing import Annotated

import typer

from tandem.cli.surroundings import open_platform
from tandem.errors import UsageError
from tandem.jobs.programs.units import parse_bytes
from tandem.jobs.queues import check_names
from tandem.local.plan import environment


def runner(
    queues: Annotated[str | None, typer.Option(metavar="A,B", help="From which queues it takes jobs.")] = None,
    cpus: Annotated[float | None, typer.Option(min=0, help="How many CPUs it gives to jobs in all.")] = None,
    memory: Annotated[str | None, typer.Option(help="How much memory: 4GB.")] = None,
    gpus: Annotated[int | None, typer.Option(min=0, help="How many GPUs.")] = None,
) -> None:
    """Take jobs and run them, until Ctrl-C: those of the queue of the environment, else those of the platform here."""
    if queues is not None:
        check_names([name.strip() for name in queues.split(",")])
    platform = open_platform()
    told = {} if platform.settings.queue_url is not None else environment(platform.layout, platform.plan())
    asked = {
        "TANDEM_RUNNER_QUEUES": queues,
        "TANDEM_RUNNER_CPUS": cpus,
        "TANDEM_RUNNER_MEMORY": None if memory is None else _bytes(memory),
        "TANDEM_RUNNER_GPUS": gpus,
    }
    told |= {name: str(value) for name, value in asked.items() if value is not None}
    program = [sys.executable, "-m", "tandem.jobs.runner"]
    os.execve(sys.executable, program, os.environ | told)  # noqa: S606  # it takes our place, and our signals


def _bytes(text: str) -> int:
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise UsageError(reason=f"--memory: {error}") from None
