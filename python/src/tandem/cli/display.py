"""What people see of the platform."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from tandem.exchange.progress import Listener, Step
from tandem.local.platform import Part, Watcher

console = Console(highlight=False, soft_wrap=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

COLOURS = {"ready": "green", "degraded": "yellow", "failed": "red", "stopped": "bright_black", "starting": "cyan"}
#: Units of time, the largest first, in seconds.
UNITS = {"d": 86400, "h": 3600, "min": 60, "s": 1}
MARKS = {"ready": "●", "degraded": "●", "failed": "✗", "stopped": "○", "starting": "…"}


def parts_table(parts: list[Part], spinner: Spinner | None = None) -> Table:
    """One line a part: a mark, its name, how it is, where it is."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for part in parts:
        condition = part.readiness.condition
        colour = COLOURS[condition]
        mark = spinner if condition == "starting" and spinner is not None else Text(MARKS[condition], style=colour)
        word = condition if condition != "ready" or not part.readiness.detail else part.readiness.detail
        if condition != "ready" and part.readiness.detail:
            word = f"{condition}: {part.readiness.detail}"
        table.add_row("", mark, part.program.name, Text(word, style=colour), Text(part.program.address, style="dim"))
    return table


@contextmanager
def starting() -> Iterator[Watcher]:
    """A display of parts that become ready: live on a terminal, a line for each change elsewhere."""
    if console.is_terminal:
        spinner = Spinner("dots", style="cyan")
        with Live(console=console, refresh_per_second=12, transient=True) as live:
            yield lambda parts: live.update(parts_table(parts, spinner))
    else:
        yield _ChangesOnly()


class _ChangesOnly:
    def __init__(self) -> None:
        self._seen: dict[str, str] = {}
        self._started = time.monotonic()

    def __call__(self, parts: list[Part]) -> None:
        for part in parts:
            condition = part.readiness.condition
            if self._seen.get(part.program.name) != condition:
                self._seen[part.program.name] = condition
                detail = f" ({part.readiness.detail})" if part.readiness.detail else ""
                console.print(
                    f"{time.monotonic() - self._started:6.1f} s  {part.program.name}: {condition}{detail}", markup=False
                )


@contextmanager
def steps() -> Iterator[Listener]:
    """A line for each step that ended, and on a terminal a bar for the one under way."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(30), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)

        def show(step: Step) -> None:
            if step.is_done:
                line = f"  {step.label:<33} {duration(step.seconds):>9}  {step.note}".rstrip()
                console.print(line, markup=False, soft_wrap=True)
                progress.reset(bar, total=None, description="")
            else:
                progress.update(bar, description=step.label, completed=step.done, total=step.parts or None)

        yield show


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def ago(moment: datetime) -> str:
    """How long ago something was, in the largest unit."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    return next((f"{seconds / length:.0f} {unit} ago" for unit, length in UNITS.items() if seconds >= length), "now")
