"""`tandem`: all commands, and how errors reach a person."""

import os
import sys
from collections.abc import Callable

import typer
from rich.console import Console

from tandem.cli import (
    cloud,
    data_sets,
    debugging,
    doctor,
    exporting,
    importing,
    jobs,
    platform,
    preparing,
    programs,
    runner,
    runs,
    submit,
    sweeps,
    tokens,
)
from tandem.errors import RequestError, TandemError

app = typer.Typer(
    help="Run analyses of single-cell experiments.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(submit.submit)
app.command("import")(importing.import_)
COMMANDS: tuple[Callable[..., None], ...] = (
    *(submit.wait, submit.tasks, runs.runs, runs.cancel),
    *(platform.run, platform.up, platform.down, platform.restart, platform.status, platform.logs),
    exporting.export,
    runner.runner,
    preparing.prepare,
    *(doctor.doctor, debugging.debug, debugging.replay),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(jobs.app, name="job")
app.add_typer(sweeps.app, name="sweep")
app.add_typer(data_sets.app, name="data")
app.add_typer(programs.app, name="program")
app.add_typer(cloud.app, name="cloud")
app.add_typer(tokens.app, name="token")

#: A wish that the worker would refuse is a mistake of whoever typed it.
USAGE_EXIT_CODE = 2


def run() -> None:
    """One sentence for each error; TANDEM_TRACEBACK=1 shows the way there."""
    try:
        app()
    except TandemError as error:
        if os.environ.get("TANDEM_TRACEBACK") == "1":
            raise
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(error), markup=False, style="red")
        sys.exit(USAGE_EXIT_CODE if isinstance(error, RequestError) else error.exit_code)
