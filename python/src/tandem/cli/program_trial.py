"""`tandem program test`: one run of a program, right here."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from tandem.cli.display import console, duration, errors
from tandem.cli.library import open_library, typed
from tandem.cli.surroundings import read_settings
from tandem.cli.trial_display import LiveLog, at_signals, show_files
from tandem.jobs.execution.stop import Stop
from tandem.jobs.programs.units import said_bytes

if TYPE_CHECKING:
    from tandem.jobs.programs.library import Program
    from tandem.jobs.trial.trial import Outcome

#: What a run that was interrupted exits with, as for any program.
INTERRUPTED = 130


def try_once(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A program.")],
    parameters: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="Its parameters.")] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--input", "-i", metavar="PATH", help="A file, or a folder whose files it reads; else its example."
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder of the run where it is.")] = False,
    cloud: Annotated[
        bool, typer.Option("--cloud", help="Run it as in a cloud, against a simulated S3 and SQS.")
    ] = False,
) -> None:
    """Run a program once, right here, with the checks, walls and limits of a job."""
    program = open_library().load(name)
    given = typed(program, parameters)
    if cloud:
        from tandem.cli.program_cloud import test_in_cloud

        raise typer.Exit(test_in_cloud(program, given, inputs or (), keep=keep))
    raise typer.Exit(_test_here(program, given, inputs or (), keep=keep))


def _test_here(program: "Program", given: dict[str, Any], paths: Sequence[Path], *, keep: bool) -> int:
    from tandem.jobs.trial.trial import scratch_folder, try_out

    settings = read_settings()
    hidden = (settings.state.resolve(), settings.data.resolve())
    stop = Stop()
    with scratch_folder(keep=keep) as scratch, at_signals(lambda: stop.ask("kill")), LiveLog(console) as live:
        outcome = try_out(program, given, paths, scratch, hidden, stop, live)
    code = _tell(program, outcome)
    if keep:
        console.print(Text("folder ", style="dim"), Text(str(scratch / "run")), soft_wrap=True)
    return code


def _tell(program: "Program", outcome: "Outcome") -> int:
    ending, fault = outcome.ending, outcome.fault
    took = duration((ending.finished_at - ending.started_at).total_seconds())
    used = f"took {took}, {ending.cpu_s or 0:.1f} s of CPU, {said_bytes(ending.peak_bytes or 0)} of memory at most"
    console.print()
    if fault is None:
        console.print(Text(f"✓ {program.name} is complete", style="green"), Text(f"({used})", style="dim"))
    else:
        errors.print(Text(f"✗ {fault}", style="red"))
        console.print(Text(used, style="dim"))
    walls = ending.confinement
    console.print(Text(f"kept apart by {walls.by}, limits held by {walls.limits}", style="dim"))
    show_files(outcome.results)
    if fault is None:
        return 0
    return INTERRUPTED if ending.by == "kill" else 1
