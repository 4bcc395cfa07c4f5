"""Jobs and sweeps as people see them in a terminal; plain lines of full width where nobody looks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tandem.cli.display import ago as since
from tandem.cli.display import console, duration, errors
from tandem.cli.runs import COLOURS
from tandem.cli.surroundings import command_name, read_settings
from tandem.client.ids import SHORT
from tandem.states import State

if TYPE_CHECKING:
    from tandem.client.job import Job
    from tandem.client.sweep import Sweep

#: Nothing is cut where a program reads.
PIPED_WIDTH = 10_000
#: What is shown of why a job failed.
LAST_LINES = 10


def table(titles: Sequence[str] = (), rows: Iterable[Sequence[str | Text]] = ()) -> Table:
    """A table without boxes."""
    made = Table(box=None, show_header=bool(titles), padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title in titles:
        made.add_column(title)
    for row in rows:
        made.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return made


def show(found: Table) -> None:
    """Print a table."""
    if console.is_terminal:
        console.print(found)
        return
    wide = Console(highlight=False, width=PIPED_WIDTH)
    with wide.capture() as captured:
        wide.print(found, crop=False)
    for line in captured.get().splitlines():
        print(line.rstrip())


def show_json(document: Any) -> None:
    """Print what programs read."""
    print(json.dumps(document, indent=2))


def jobs_table(jobs: "Iterable[Job]") -> Table:
    """One line a job."""
    titles = ("job", "state", "name", "program", "when", "took", "reason")
    return table(titles, (_job_row(job) for job in jobs))


def sweeps_table(sweeps: "Iterable[Sweep]") -> Table:
    """One line a sweep."""
    rows = (
        (
            sweep.id[:SHORT],
            state(sweep.state),
            sweep.name,
            f"{sweep.total:,}",
            counts(sweep),
            ago(sweep.facts.get("createdAt")),
        )
        for sweep in sweeps
    )
    return table(("sweep", "state", "name", "jobs", "how they are", "when"), rows)


def facts_table(facts: Mapping[str, Any]) -> Table:
    """What is known of one thing, without what is not."""
    return table(
        rows=(
            (name, value if isinstance(value, Text) else said(value)) for name, value in facts.items() if known(value)
        )
    )


def known(value: Any) -> bool:
    """Whether there is something to tell."""
    return value is not None and value not in ("", [], {})


def said(value: Any) -> str:
    """A value in a line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={said(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(said, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def state(now: State) -> Text:
    """A state in its colour."""
    return Text(now, style=COLOURS.get(now, "cyan"))


def counts(sweep: "Sweep") -> str:
    """How many jobs are in which state."""
    return ", ".join(f"{sweep.counts[one]:,} {one.lower()}" for one in State if sweep.counts.get(one))


def cost(used: Mapping[str, float] | None) -> str:
    """What was used up."""
    told = [("CPU-hours", (used or {}).get("cpuHours")), ("GPU-hours", (used or {}).get("gpuHours"))]
    return ", ".join(f"{number:.4f} {unit}" for unit, number in told if number)


def moment(time: str | None) -> str | None:
    """A time on the clocks of here."""
    return None if time is None else f"{_time(time).astimezone():%Y-%m-%d %H:%M:%S}"


def ago(time: str | None) -> str:
    """How long ago a time is."""
    return "" if time is None else since(_time(time))


def took(facts: Mapping[str, Any]) -> str:
    """How long a job runs or ran."""
    if not facts.get("startedAt"):
        return ""
    end = _time(facts["finishedAt"]) if facts.get("finishedAt") else datetime.now(UTC)
    return duration(max(0.0, (end - _time(facts["startedAt"])).total_seconds()))


def tell_end(job: "Job") -> bool:
    """How a job ended, with its last words where it did not end well; whether it did."""
    label = f"{job.name} {job.id[:SHORT]}"
    if job.state is State.COMPLETE:
        how = "was done before" if job.facts.get("cachedFrom") else f"took {took(job.facts)}"
        errors.print(f"{label} is complete; it {how}. {command()} job results {job.id[:SHORT]}", markup=False)
        return True
    errors.print(f"{label} is {job.state.lower()}: {job.reason or 'no reason is known'}", style="red", markup=False)
    if job.state is State.FAILED:
        for line in last_words(job):
            errors.print(f"    {line}", style="dim", markup=False)
    return False


def last_words(job: "Job") -> list[str]:
    """The last lines that a job wrote to stderr; to stdout where it wrote none there."""
    for stream in ("stderr", "stdout"):
        lines = [line.text for line in job.log(stream=stream)][-LAST_LINES:]
        if lines:
            return lines
    return []


def command() -> str:
    """How the person can call us again."""
    return command_name(read_settings().home)


def _job_row(job: "Job") -> tuple[str | Text, ...]:
    facts = job.facts
    waits = "waits for others" if facts.get("waitingFor") and not job.ended else ""
    why = facts.get("reason") or waits
    return job.id[:SHORT], state(job.state), job.name, job.program, ago(facts.get("queuedAt")), took(facts), why


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
