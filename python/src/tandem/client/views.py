"""How far jobs are, as people are shown it while they wait: on a terminal, in a notebook, or line by line."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from html import escape
from importlib import import_module
from typing import Any

from rich.markup import escape as plain_text
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tandem.client.address import notes
from tandem.states import State
from tandem.text import one_line

#: Where lines are all there is, one comes so often, in seconds.
LINE_S = 5.0
#: The longest note beside a bar.
NOTE_LENGTH = 60


@dataclass(frozen=True)
class View:
    """How far one job is, or several."""

    label: str
    counts: Mapping[str, int]
    #: What one job says of itself.
    note: str = ""
    #: How much of one job is done, where it says so.
    share: float | None = None
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", sum(self.counts.values()))

    @property
    def done(self) -> int:
        """How many have ended."""
        return sum(count for state, count in self.counts.items() if State(state).terminal)

    @property
    def ended(self) -> bool:
        """Whether all have."""
        return self.done == self.total

    @property
    def part(self) -> float:
        """What of the whole is done, from 0 to 1."""
        if self.total == 1 and not self.done:
            return self.share or 0.0
        return self.done / self.total if self.total else 1.0

    @property
    def words(self) -> str:
        """How many are in which state."""
        if self.total == 1:
            return next(state.lower() for state, count in self.counts.items() if count)
        said = [f"{self.counts[state]:,} {state.lower()}" for state in State if self.counts.get(state)]
        return f"{self.done:,} of {self.total:,} ended: {', '.join(said)}"


Show = Callable[[View], None]


def display(*, quiet: bool) -> AbstractContextManager[Show]:
    """The display that fits where we run."""
    if quiet:
        return nullcontext(lambda _: None)
    if _in_notebook():
        return nullcontext(_Notebook())
    return _bar() if notes.is_terminal else nullcontext(_Lines())


@contextmanager
def _bar() -> Iterator[Show]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(30), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=notes, transient=True) as progress:
        bar = progress.add_task("", total=None, note="")

        def show(view: View) -> None:
            unknown = view.total == 1 and view.share is None and not view.done
            note = view.words if not view.note else f"{view.words}  {one_line(view.note, NOTE_LENGTH)}"
            progress.update(
                bar,
                description=plain_text(view.label),
                total=None if unknown else 1.0,
                completed=view.part,
                note=plain_text(note),
            )

        yield show


class _Lines:
    """A line when something changed, the last one always."""

    def __init__(self) -> None:
        self._said, self._at = "", -LINE_S

    def __call__(self, view: View) -> None:
        line = f"{view.label}: {view.words}" + (f"  {one_line(view.note, NOTE_LENGTH)}" if view.note else "")
        due = view.ended or time.monotonic() - self._at >= LINE_S
        if due and line != self._said:
            notes.print(line, markup=False)
            self._said, self._at = line, time.monotonic()


class _Notebook:
    """A bar of HTML that is drawn anew in its place."""

    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, view: View) -> None:
        shown = {"text/html": html_bar(view), "text/plain": f"{view.label}: {view.words}"}
        if self._handle is None:
            self._handle = import_module("IPython.display").display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)


def html_bar(view: View) -> str:
    """The view as a notebook shows it."""
    note = f' <span style="opacity:.6">{escape(one_line(view.note, NOTE_LENGTH))}</span>' if view.note else ""
    return (
        f'<div><b>{escape(view.label)}</b> <progress max="1" value="{view.part:.4f}"></progress> '
        f"{escape(view.words)}{note}</div>"
    )


def html_facts(facts: Mapping[str, object]) -> str:
    """A small table of what is known."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(str(value))}</td></tr>'
        for name, value in facts.items()
        if value not in (None, "", {})
    )
    return f"<table>{rows}</table>"


def _in_notebook() -> bool:
    """Whether the shell that runs us has a kernel, as that of a notebook has."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
