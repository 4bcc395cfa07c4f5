"""Whether two contestants found the same: a benchmark of different answers is void."""

import csv
import math
from pathlib import Path

#: Below this a p-value loses digits, down to 0; two that are smaller are the same.
SMALLEST_P = 1e-290
#: Above this p-values are the same too: tools differ in what they do with a statistic that lies at its expected value.
LARGEST_P = 0.99

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
        if not (math.isfinite(a) and math.isfinite(b)):
            continue
        if column == "p_val" and (max(a, b) < SMALLEST_P or min(a, b) > LARGEST_P):
            continue
        difference = abs(a - b)
        if relative and difference:
            difference /= max(abs(a), abs(b))
        worst, compared = max(worst, difference), compared + 1
    return worst, compared


def agreement(ours: Path, theirs: Path, keys: tuple[str, ...], columns: dict[str, bool]) -> str:
    """What is compared and how near it is; the value of a column says whether its difference is relative."""
    first, second = read_table(ours, keys), read_table(theirs, keys)
    found: dict[str, str] = {}
    for relative in sorted(set(columns.values())):
        names = [name for name, is_relative in columns.items() if is_relative == relative]
        differences = [largest_difference(first, second, name, relative=relative) for name in names]
        worst = max(difference for difference, _ in differences)
        compared = sum(number for _, number in differences)
        found[", ".join(names)] = f"{worst:.1e}{' (relative)' if relative else ''} in {compared:,} values"
    return "; ".join(f"{names} within {text}" for names, text in found.items())
