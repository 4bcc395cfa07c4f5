"""The report: a table of all rows, and what stands behind it. It goes to bench/results/ and into docs/benchmarks.md."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from bench import machine
from bench.experiments import ROOT
from bench.rows import Part, Row

RESULTS = ROOT / "bench" / "results"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
#: What stands between these lines of the document is made here.
BEGIN, END = "<!-- made by make bench -->", "<!-- until here -->"
HEAD = "| what | | ours | peer | | ours / peer | target | reached |\n|---|---|---:|---:|---|---:|---:|---|"


def write_report(parts: Sequence[Part]) -> Path:
    """Write the raw results and the table; the text file that holds it is returned."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    name = f"{date.today().isoformat()}-{machine.short_name()}-{parts[0].base}"
    raw = {"machine": machine.describe(), "parts": [asdict(part) for part in parts]}
    (RESULTS / f"{name}.json").write_text(json.dumps(raw) + "\n")
    text = render(parts)
    path = RESULTS / f"{name}.md"
    path.write_text(f"# What was measured\n\n{text}")
    if DOCUMENT.exists():
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")
    return path


def render(parts: Sequence[Part]) -> str:
    """The table, its notes, the agreement of the answers, and what it was measured with."""
    notes: list[str] = []
    lines = [_line(row, notes) for part in parts for row in part.rows]
    versions = {name: version for part in parts for name, version in part.versions.items()}
    about = machine.describe() | versions
    return "\n".join(
        [
            HEAD,
            *lines,
            "",
            "Medians. A target of a ratio is that of ours to the peer's, any other is the value itself.",
            "",
            *(f"{number}. {note}" for number, note in enumerate(notes, start=1)),
            "",
            *(f"- {remark}" for part in parts for remark in part.remarks),
            "",
            "Reported with " + ", ".join(f"{name} {value}" for name, value in about.items()) + ".",
            "Parts:",
            "",
            *(f"- {part.name}: {part.when}, on {part.processor}" for part in parts),
            "",
        ]
    )


def _line(row: Row, notes: list[str]) -> str:
    reached = {True: "yes", False: "**no**", None: ""}[row.reached]
    what = row.what
    if row.note:
        if row.note not in notes:
            notes.append(row.note)
        what += f" ({notes.index(row.note) + 1})"
    ours = _measured(row.ours) if row.ours else "-"
    theirs = _measured(row.theirs) if row.theirs else ""
    ratio = f"{row.ratio:.2g}" if row.ratio is not None else ""
    return f"| {what} | {row.unit} | {ours} | {theirs} | {row.peer} | {ratio} | {_target(row)} | {reached} |"


def _target(row: Row) -> str:
    if row.at_most is None:
        return ""
    if not row.peer:
        return f"{row.at_most:g} {row.unit}"
    inverse = 1 / row.at_most
    return f"1/{inverse:.0f}" if inverse > 2.99 and abs(inverse - round(inverse)) < 0.01 else f"{row.at_most:g}"


def _measured(samples: list[float]) -> str:
    """The median, and how often it was measured where that is not the usual."""
    ordered = sorted(samples)
    median = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return f"{median:,.0f}" if median >= 1000 else f"{median:.3g}"
