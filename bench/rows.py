"""What was measured: rows of the report, kept as JSON for each part until it is measured again."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.contestants import Answer
from bench.experiments import KEPT

MEASURED = KEPT / "measured"


@dataclass
class Row:
    """One comparison. Without a peer, ours is held to `at_most` itself, else to `at_most` times the peer's."""

    what: str
    unit: str
    ours: list[float]
    peer: str = ""
    theirs: list[float] = field(default_factory=list)
    at_most: float | None = None
    note: str = ""

    @property
    def our_median(self) -> float:
        return statistics.median(self.ours)

    @property
    def their_median(self) -> float | None:
        return statistics.median(self.theirs) if self.theirs else None

    @property
    def ratio(self) -> float | None:
        theirs = self.their_median
        return self.our_median / theirs if self.ours and theirs else None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none, or nothing to hold to it."""
        if self.at_most is None or not self.ours:
            return None
        held = self.ratio if self.peer else self.our_median
        return None if held is None else held <= self.at_most


@dataclass
class Part:
    """What one part found, where and when."""

    name: str
    base: str
    when: str
    rows: list[Row]
    versions: dict[str, str]
    remarks: list[str]
    processor: str

    def keep(self) -> None:
        MEASURED.mkdir(parents=True, exist_ok=True)
        for row in self.rows:
            row.ours, row.theirs = rounded(row.ours), rounded(row.theirs)
        path_of(self.name, self.base).write_text(json.dumps(asdict(self), indent=1) + "\n")


def path_of(name: str, base: str) -> Path:
    return MEASURED / f"{name}-{base}.json"


def kept(name: str, base: str) -> Part | None:
    """The part as it was measured last."""
    path = path_of(name, base)
    if not path.exists():
        return None
    fields: dict[str, Any] = json.loads(path.read_text())
    return Part(**fields | {"rows": [Row(**row) for row in fields["rows"]]})


def rounded(samples: list[float]) -> list[float]:
    """As exact as anybody could ask for, and half as long to write down."""
    return [float(f"{sample:.4g}") for sample in samples]


def seconds(answers: list[Answer]) -> list[float]:
    return [answer.seconds for answer in answers]


def milliseconds(answers: list[Answer]) -> list[float]:
    return [1000 * answer.seconds for answer in answers]


def peak(answers: list[Answer]) -> str:
    """The largest peak of memory, for a note."""
    return f"{max(answer.peak_mb for answer in answers):,.0f} MB"
