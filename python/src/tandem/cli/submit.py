"""Ask for an analysis, wait for it, keep its result."""

import json
import math
import os
import sys
import time
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Annotated, Any, BinaryIO, cast

import typer
from rich.table import Table

from tandem.cli.body_options import asked, described
from tandem.cli.display import console, duration, errors
from tandem.cli.runs import find_run
from tandem.cli.surroundings import command_name, connected_settings, open_record, read_settings
from tandem.durable import written_whole
from tandem.errors import UsageError
from tandem.experiments.origin import Origin
from tandem.queues import open_queue
from tandem.records.base import Record, Run
from tandem.settings import Settings
from tandem.states import State
from tandem.stores import Store, open_store
from tandem.tasks.answers import copy_answer, is_file
from tandem.tasks.catalogue import CATALOGUE
from tandem.tasks.submission import TIMEOUT_S, Wish, props_of
from tandem.tasks.submission import submit as send

#: Seconds between two looks at a run.
LOOK_S = 0.05
#: Seconds by which the end of a request may come after its time.
LATE_S = 5.0
#: How much of a result a terminal is shown, in bytes.
GLIMPSE_BYTES = 2000

Output = Annotated[Path | None, typer.Option("-o", "--output", help="Where to write the result; else it is printed.")]


def submit(
    context: typer.Context,
    task: Annotated[str | None, typer.Argument(help="An analysis; 'tandem tasks' lists them.")] = None,
    body: Annotated[Path | None, typer.Option(help="The request's body as a JSON file.", dir_okay=False)] = None,
    experiment: Annotated[str | None, typer.Option("--experiment", "-e", help="Which experiment.")] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds until nobody waits any more.")] = TIMEOUT_S,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again, also when the result is there.")] = False,
    wait_for_it: Annotated[bool, typer.Option("--wait", help="Wait for the result.")] = False,
    output: Output = None,
) -> None:
    """Ask for an analysis. Its own options are listed by 'tandem tasks NAME'."""
    wanted = asked(task, _read_body(body), context.args)
    _check_writable(output)
    if output is not None and not CATALOGUE[wanted.body["name"]].cacheable:
        raise UsageError(reason=f"{wanted.body['name']} has no result to write: it changes the experiment's cell sets")
    settings = connected_settings(experiment)
    if settings.experiment_id is None:
        raise UsageError(reason="say which experiment is meant with --experiment")
    wish = Wish(
        settings.experiment_id,
        wanted.body,
        datetime.now(UTC) + timedelta(seconds=timeout),
        props_of(fresh=fresh, pagination=wanted.pagination),
    )
    results = open_store(settings, "worker-results")
    with closing(open_queue(settings)) as queue, closing(open_record(settings)) as record:
        sent = send(wish, queue=queue, record=record, results=results, origin=Origin(settings))
        if wait_for_it or output is not None:
            _await(settings, record, sent.run_id, output, timeout)
            return
    command = command_name(settings.home)
    console.print(f"Request {sent.run_id[:8]} is queued. {command} wait {sent.run_id[:8]} shows its result.")


def wait(
    run: Annotated[str, typer.Argument(help="A run, as 'tandem runs' lists them; its beginning is enough.")],
    output: Output = None,
) -> None:
    """Wait for a request that was sent before, and show its result."""
    _check_writable(output)
    settings = connected_settings(None)
    with closing(open_record(settings)) as record:
        _await(settings, record, find_run(record, run).run_id, output)


def tasks(
    name: Annotated[str | None, typer.Argument(help="One analysis, with its options.")] = None,
) -> None:
    """List the analyses."""
    if name is not None and name not in CATALOGUE:
        raise UsageError(reason=f"there is no analysis '{name}'; there is {', '.join(CATALOGUE)}")
    chosen = {name: CATALOGUE[name]} if name is not None else CATALOGUE
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for title, kind in chosen.items():
        table.add_row(title, (kind.__doc__ or "").splitlines()[0], style="bold" if name else "")
        for option, about in described(kind):
            table.add_row(f"  {option}", about, style="" if name else "dim")
    console.print(table)


def _read_body(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        body = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UsageError(reason=f"{path} cannot be read as JSON ({error})") from error
    if not isinstance(body, dict):
        raise UsageError(reason=f"{path} does not hold a JSON object")
    return cast("dict[str, Any]", body)


def _check_writable(output: Path | None) -> None:
    """Before anything is computed for it."""
    if output is None:
        return
    if output.is_dir():
        raise UsageError(reason=f"{output} is a folder; name a file for the result")
    if not output.absolute().parent.is_dir():
        raise UsageError(reason=f"the folder of {output} does not exist")
    if not os.access(output if output.exists() else output.absolute().parent, os.W_OK):
        raise UsageError(reason=f"{output} cannot be written")


def _await(settings: Settings, record: Record, run_id: str, output: Path | None, timeout_s: float = math.inf) -> None:
    try:
        run = _follow(record, run_id, timeout_s)
    except KeyboardInterrupt:
        command = command_name(read_settings().home)
        errors.print(
            f"The request goes on without you. {command} wait {run_id[:8]} waits again, "
            f"{command} cancel {run_id[:8]} stops it."
        )
        raise typer.Exit(130) from None
    if not run.state.terminal:
        command = command_name(read_settings().home)
        errors.print(
            f"{run.task} is still {run.state.lower()} after its {timeout_s:g} s, and nobody is waiting for it now. "
            f"{command} status and {command} logs say what holds it up."
        )
        raise typer.Exit(1)
    if run.state is not State.COMPLETE:
        reason = run.reason or "no reason is known"
        errors.print(f"{run.task} is {run.state}: {reason}", style="red", markup=False)
        raise typer.Exit(1)
    deliver(settings, run, output)


def _follow(record: Record, run_id: str, timeout_s: float) -> Run:
    """Look at the run until it has ended or its time is over; people see how it is on their way."""
    started = time.monotonic()
    with errors.status("queued") as line:
        while not (run := record.get(run_id)).state.terminal:
            if time.monotonic() - started > timeout_s + LATE_S:
                break
            attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
            seconds = duration(time.monotonic() - started)
            line.update(f"{run.task} is {run.state.lower()}{attempt}, {seconds}")
            time.sleep(LOOK_S)
    return run


def deliver(settings: Settings, run: Run, output: Path | None) -> None:
    """Write the result of a run that is complete, or show it."""
    if run.task in CATALOGUE and not CATALOGUE[run.task].cacheable:
        errors.print(f"{run.task} is done; what it found is in the cell sets of {run.experiment}.", markup=False)
        return
    results = open_store(settings, "worker-results")
    if output is not None:
        size = _write(output, results, run.etag)
        took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0.0
        errors.print(f"{run.task} took {took:.2f} s: {size:,} bytes in {output}", markup=False)
    elif sys.stdout.isatty():
        if is_file(results, run.etag):
            raise UsageError(reason=f"the result of {run.task} is a file, not text; name one with -o to keep it")
        glimpse = _Glimpse()
        copy_answer(results, run.etag, cast("BinaryIO", glimpse))
        console.print(glimpse.text(), markup=False, soft_wrap=True)
    else:
        copy_answer(results, run.etag, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _write(output: Path, results: Store, etag: str) -> int:
    """Put the result into its place, whole; its bytes. What is no plain file is written to as it is."""
    place = output.resolve()
    is_direct = (output.exists() and not output.is_file()) or not os.access(place.parent, os.W_OK)
    try:
        sink: AbstractContextManager[IO[bytes]] = output.open("wb") if is_direct else written_whole(place)
        with sink as file:
            copy_answer(results, etag, cast("BinaryIO", file))
            return file.tell() if file.seekable() else 0
    except OSError as error:
        if error.errno is None:  # it cannot be read
            raise
        raise UsageError(reason=f"{output} cannot be written: {error.strerror or error}") from error


class _Glimpse:
    """A file that keeps its beginning and counts the rest."""

    def __init__(self) -> None:
        self._kept = b""
        self._size = 0

    def write(self, block: bytes) -> int:
        """Take a block."""
        self._kept += block[: GLIMPSE_BYTES - len(self._kept)]
        self._size += len(block)
        return len(block)

    def text(self) -> str:
        """What a person is shown."""
        kept = self._kept.decode(errors="ignore")
        if self._size <= GLIMPSE_BYTES:
            return kept
        return f"{kept} …\n({self._size:,} bytes in all; -o out.json keeps them)"
