"""Whether two contestants found the same: a benchmark of different answers is void."""

import csv
import math
from pathlib import Path

#: Below this a p-value is not told apart from 0, and is compared no more.
SMALLEST_P = 1e-290

Table = dict[tuple[str, ...], dict[str, float]]


def read_table(path: Path, keys: tuple[str, ...]) -> Table:
    """The numbers of a CSV file by the columns that name a row."""
    with path.open() as file:
        return {
            tuple(row[key] for key in keys): {name: _number(text) for name, text in row.items() if name not in keys}
            for row in csv.DictReader(file)
        }


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def largest_difference(first: Table, second: Table, column: str, *, relative: bool) -> tuple[float, int]:
    """The largest difference in a column over the rows that both have, and how many those are."""
    worst, compared = 0.0, 0
    for key in first.keys() & second.keys():
        a, b = first[key].get(column, math.nan), second[key].get(column, math.nan)
        if not (math.isfinite(a) and math.isfinite(b)) or (relative and min(a, b) < SMALLEST_P and max(a, b) < 1e-200):
            continue
        difference = abs(a - b)
        if relative and difference:
            difference /= max(abs(a), abs(b))
        worst, compared = max(worst, difference), compared + 1
    return worst, compared


def agreement(ours: Path, theirs: Path, keys: tuple[str, ...], columns: dict[str, bool]) -> str:
    """A sentence for each column; a column's value says whether its difference is relative."""
    first, second = read_table(ours, keys), read_table(theirs, keys)
    found = []
    for column, relative in columns.items():
        worst, compared = largest_difference(first, second, column, relative=relative)
        found.append(f"{column} within {worst:.1e}{' (relative)' if relative else ''} in {compared:,} rows")
    return ", ".join(found)
