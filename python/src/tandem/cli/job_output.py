"""What jobs write: their logs and their results, and how they end."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tandem.cli import job_display as display
from tandem.cli.display import console, errors
from tandem.cli.job_submission import follow
from tandem.cli.surroundings import open_client
from tandem.client.ids import SHORT
from tandem.jobs.programs.units import said_bytes
from tandem.states import State

if TYPE_CHECKING:
    from tandem.client.log import Line

#: Back to the beginning of the line, and nothing on it.
ANEW = "\r\033[K"
#: What takes longer is worth a word, in seconds.
NOTICEABLE_S = 2.0

Stream = Literal["stdout", "stderr", "both"]
One = Annotated[str, typer.Argument(metavar="ID", help="A job; its beginning is enough, '@last' is the newest.")]


def logs(
    job: One,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines until it has ended.")] = False,
    stream: Annotated[Stream, typer.Option(help="Which of the two.")] = "both",
) -> None:
    """Show what a job wrote."""
    found = open_client().job(job)
    try:
        for line in found.log(follow=follow, stream=stream, passing=console.is_terminal):
            _print(line, flush=follow)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def results(
    job: One,
    path: Annotated[str | None, typer.Argument(help="One result to print.")] = None,
    get: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Fetch all of them into a folder.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The list for programs.")] = False,
) -> None:
    """List the results of a job, print one, or fetch them."""
    found = open_client().job(job)
    if path is not None:
        for block in found.blocks(path):
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()
    elif get is not None:
        started = time.monotonic()
        with errors.status("fetching"):
            paths = found.download(get, overwrite)
        seconds = time.monotonic() - started
        after = f" in {seconds:.1f} s" if seconds > NOTICEABLE_S else ""
        errors.print(f"{len(paths):,} {'file' if len(paths) == 1 else 'files'} in {get}{after}", markup=False)
    elif as_json:
        display.show_json(found.results())
    elif listed := found.results():
        display.show(display.table(("result", "size"), ((one["path"], said_bytes(one["size"])) for one in listed)))
    else:
        errors.print("It has no results." if found.ended else f"It is {found.state.lower()}, and has no results yet.")


def wait(
    jobs: Annotated[list[str], typer.Argument(metavar="ID...", help="Jobs; their beginnings are enough.")],
    timeout: Annotated[float | None, typer.Option(min=0, help="Seconds until nobody waits any more.")] = None,
) -> None:
    """Wait until jobs have ended; 0 only if all of them are complete."""
    client = open_client()
    found = [client.job(one) for one in jobs]
    if len(found) == 1 and timeout is None:
        raise typer.Exit(0 if follow(found[0]) else 1)
    try:
        client.wait(found, timeout)
    except KeyboardInterrupt:
        errors.print("The jobs go on without you.")
        raise typer.Exit(130) from None
    for job in found:
        line = f"{job.id[:SHORT]} {job.name}: {job.state}"
        console.print(f"{line}: {job.reason}" if job.reason else line, markup=False, soft_wrap=True)
    raise typer.Exit(0 if all(job.state is State.COMPLETE for job in found) else 1)


def _print(line: "Line", *, flush: bool) -> None:
    """A line; on a terminal in the place of those that it passes over."""
    start, end = (ANEW, "" if line.passing else "\n") if console.is_terminal else ("", "\n")
    print(f"{start}{line}", end=end, flush=flush)
