"""What was asked for, and how it went."""

from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from tandem.cli.display import ago, console, duration
from tandem.cli.surroundings import connected_settings, open_record
from tandem.errors import RunUnknown, UsageError
from tandem.records.base import Record, Run, Wanted
from tandem.states import State

#: How many runs are searched for one whose beginning was given.
SEARCHED = 1000
COLOURS = {State.COMPLETE: "green", State.FAILED: "red", State.KILLED: "yellow", State.EXPIRED: "yellow"}


def runs(
    experiment: Annotated[str | None, typer.Option("--experiment", "-e", help="Only those of one experiment.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many.")] = 20,
) -> None:
    """List requests, newest first."""
    with closing(open_record(connected_settings(None))) as record:
        found = record.find(Wanted(experiment=experiment), limit=limit)
    if not found:
        console.print("Nothing was asked for yet.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title in ("run", "state", "analysis", "experiment", "when", "took", "reason"):
        table.add_column(title)
    for run in found:
        state = f"[{COLOURS.get(run.state, 'cyan')}]{run.state}[/]"
        table.add_row(run.run_id[:8], state, run.task, run.experiment, ago(run.queued_at), _took(run), run.reason or "")
    console.print(table)


def cancel(run: Annotated[str, typer.Argument(help="A run; its beginning is enough.")]) -> None:
    """Stop a request that waits or runs."""
    with closing(open_record(connected_settings(None))) as record:
        before = find_run(record, run)
        known = record.request_kill(before.run_id)
    if known.state is State.KILLED and not before.state.terminal:
        console.print(f"{known.task} {known.run_id[:8]} is cancelled.")
    elif known.state.terminal:
        console.print(f"It has ended already: {known.state}.")
    else:
        console.print(f"{known.task} {known.run_id[:8]} will be stopped.")


def find_run(record: Record, beginning: str) -> Run:
    """The one run whose id begins so. UsageError for none and for several."""
    with suppress(RunUnknown):
        if (run := record.get(beginning)).kind == "task":
            return run
    found = [run for run in record.find(limit=SEARCHED) if run.run_id.startswith(beginning)]
    if not found or not beginning:
        raise UsageError(reason=f"of the last {SEARCHED:,} runs none begins with '{beginning}'; give the whole id")
    if len(found) > 1:
        raise UsageError(reason=f"{len(found)} runs begin with {beginning}; give more of it")
    return found[0]


def _took(run: Run) -> str:
    if run.started_at is None:
        return ""
    return duration(((run.finished_at or datetime.now(UTC)) - run.started_at).total_seconds())
