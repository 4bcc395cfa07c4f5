"""Which sample each cell belongs to, and the table that tells of samples."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tandem.errors import InputUnusable
from tandem.exchange.inputs import sample_name
from tandem.exchange.parcel import Column
from tandem.exchange.source import Source
from tandem.exchange.tables import as_category, natural
from tandem.exchange.text import read_list

SAMPLES = "samples"
#: Columns that name the samples of a data set; all but the first only if they divide it.
SAMPLE_COLUMNS = (SAMPLES, "sample", "Sample", "sample_id", "batch", "orig.ident")
#: No file or folder has a longer name, in characters.
LONGEST_NAME = 255
#: How many names an error shows.
SHOWN = 3


@dataclass(frozen=True)
class SamplesTable:
    """What is known of each sample."""

    path: Path
    label: str
    names: Sequence[str]
    #: What the other columns say of each sample, in the order of the names; empty where it is not known.
    tracks: Mapping[str, Sequence[str]]


def read_samples(path: Path) -> SamplesTable:
    """A csv or tsv whose first column is the sample."""
    if not path.is_file():
        raise InputUnusable(path=path, reason="there is no such file")
    rows = [[field.strip() for field in row] for row in read_list(path)]
    if len(rows) < 2:
        raise InputUnusable(path=path, reason="it should have a line of headings and a line for each sample")
    header, *lines = rows
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise InputUnusable(path=path, reason=f"line {number} has {len(line)} fields, not {len(header)}")
        if not line[0]:
            raise InputUnusable(path=path, reason=f"line {number} names no sample")
    names = [line[0] for line in lines]
    for kind, found in (("samples", names), ("headings", [SAMPLES, *header[1:]])):
        twice = [name for name, count in Counter(found).items() if count > 1]
        if twice:
            raise InputUnusable(path=path, reason=f"{kind} are there twice: {_listed(twice)}")
    tracks = {name: [line[place] for line in lines] for place, name in enumerate(header) if place and name}
    return SamplesTable(path, header[0], names, tracks)


def sample_columns(sources: Sequence[Source], table: SamplesTable | None) -> list[Column]:
    """For each source, the sample of each of its cells."""
    if len(sources) == 1:
        own = _own_samples(sources[0], table)
        if own:
            return [replace(own, name=SAMPLES, colours=())]
    return [
        Column(SAMPLES, "category", np.zeros(len(source.barcodes), np.int32), (source.sample,)) for source in sources
    ]


def track_columns(samples: Column, table: SamplesTable) -> list[Column]:
    """What the table says of the cells' samples; every sample has to be in both."""
    rows = _rows_by_sample(samples.levels, table)
    columns = []
    for name, texts in table.tracks.items():
        levels = sorted({text for text in texts if text}, key=natural)
        place_of = {"": -1} | {level: place for place, level in enumerate(levels)}
        places = np.array([place_of[texts[row]] for row in rows], np.int32)
        columns.append(Column(name, "category", places[samples.values], tuple(levels)))
    return columns


def _own_samples(source: Source, table: SamplesTable | None) -> Column | None:
    """The column that names the samples: the one that the table tells of, else the first that is known."""
    by_name = {column.name: column for column in source.columns}
    names = [table.label, *SAMPLE_COLUMNS] if table else SAMPLE_COLUMNS
    found = [as_category(by_name[name]) for name in dict.fromkeys(names) if name in by_name]
    found = [column for column in found if len(column.levels) > 1 or (column.name == SAMPLES and column.levels)]
    if table:
        found = sorted(found, key=lambda column: not set(column.levels) & set(table.names))
        if _key(source.sample) in map(_key, table.names) and not (found and set(found[0].levels) & set(table.names)):
            return None
    if not found:
        return None
    column = found[0]
    without = np.flatnonzero(column.values < 0)
    if len(without):
        first = source.barcodes[int(without[0])]
        reason = (
            f"{len(without):,} cells without sample: the column '{column.name}' says nothing of them (the first is "
            f"{first}); fill it"
        )
        raise InputUnusable(path=source.path, reason=reason)
    return column


def _rows_by_sample(samples: Sequence[str], table: SamplesTable) -> list[int]:
    rows = {_key(name): row for row, name in enumerate(table.names)} | {
        name: row for row, name in enumerate(table.names)
    }
    missing = [name for name in samples if name not in rows and _key(name) not in rows]
    if missing:
        reason = f"cells without sample: it has no line for {_listed(missing)}, only for {_listed(table.names)}"
        raise InputUnusable(path=table.path, reason=reason)
    found = [rows.get(name, rows.get(_key(name), 0)) for name in samples]
    used = set(found)
    unused = [name for row, name in enumerate(table.names) if row not in used]
    if unused:
        reason = f"there are no cells of {_listed(unused)}; the data has {_listed(samples)}"
        raise InputUnusable(path=table.path, reason=reason)
    return found


def _key(name: str) -> str:
    """A sample as its file or folder is named; what is too long for that is left as it is."""
    return (sample_name(name) if len(name) <= LONGEST_NAME else "") or name


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more
