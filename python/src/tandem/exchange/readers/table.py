"""Dense tables of counts: csv, tsv and their kin, genes or cells as rows."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.genes import barcodes_among, genes_among, ids_and_names
from tandem.exchange.readers.row import whole_numbers
from tandem.exchange.source import BLOCK_ENTRIES, Source, check_gene_ids, checked_counts
from tandem.exchange.spill import Spill
from tandem.exchange.tables import columns_of
from tandem.exchange.text import decode, text_blocks
from tandem.exchange.workspace import Workspace

DELIMITERS = "\t,; "
#: Texts that a row may begin with: its name and one more, such as the symbol beside the id.
MOST_TEXTS = 2
#: How much more the names have to speak for one side than for the other, and for how large a part of them.
CLEARLY, PART_OF_NAMES = 3.0, 0.005


@dataclass(frozen=True)
class Form:
    """How a table is written: what its first two lines tell."""

    path: Path
    delimiter: str
    #: Names of the columns of texts, where the table has some, and of the columns of counts.
    labels: tuple[str, ...]
    header: tuple[str, ...]
    #: How many texts each row begins with.
    texts: int
    #: These texts, quoted or not, of one row.
    beginning: re.Pattern[bytes]


def open_table(path: Path, workspace: Workspace) -> Source:
    """The names of all rows are read, which takes one pass over the table."""
    form = _form(path)
    rows = _row_names(form)
    names, beside = [row[0] for row in rows], [row[1] for row in rows] if form.texts > 1 else None
    label = form.labels[1] if len(form.labels) > 1 and form.labels[1] else "label"
    genes_are_rows = _genes_are_rows(path, names, form.header)
    genes = names if genes_are_rows else list(form.header)
    gene_ids, gene_names = ids_and_names(genes, {"gene_name": beside} if beside and genes_are_rows else {})
    check_gene_ids(path, gene_ids)
    frame = pd.DataFrame({label: beside} if beside and not genes_are_rows else {})
    columns, notes = columns_of(frame)
    shape = len(rows), len(form.header)

    def blocks() -> Iterator[sparse.csr_matrix]:
        parts = _cells_by_cells(form, shape, workspace) if genes_are_rows else _parts(form)
        for block in parts:
            yield checked_counts(block, path, "the table")

    return Source(
        path=path,
        format="table",
        gene_ids=gene_ids,
        gene_names=gene_names,
        barcodes=list(form.header) if genes_are_rows else names,
        blocks=blocks,
        columns=columns,
        notes=[f"{'genes' if genes_are_rows else 'cells'} are its rows", *notes],
        files=(path,),
    )


def _form(path: Path) -> Form:
    lines = [line.decode("latin-1") for line in _first_lines(path, 2)]
    if len(lines) < 2:
        raise InputUnusable(path=path, reason="it has no line of counts after its first line")
    head = decode(path, _first_lines(path, 1)[0])
    delimiter = max(DELIMITERS, key=lambda sign: (min(head.count(sign), lines[1].count(sign)), head.count(sign)))
    header, row = _fields(head, delimiter), _fields(lines[1], delimiter)
    if not header:
        raise InputUnusable(path=path, reason="line 1, which should name the columns, is empty")
    texts = next((place for place, text in enumerate(row) if place and _is_number(text)), len(row))
    if texts == len(row):
        raise InputUnusable(
            path=path, reason="line 2 has no counts: it is neither a table of counts nor a known format"
        )
    if texts > MOST_TEXTS:
        reason = f"line 2 has {texts} texts before its first number; keep the name of the gene (or cell) only"
        raise InputUnusable(path=path, reason=reason)
    labels, columns = (header[:texts], header[texts:]) if len(header) == len(row) or not header[0] else ([], header)
    if len(columns) != len(row) - texts:
        raise InputUnusable(path=path, reason=f"line 1 has {len(header):,} fields but line 2 has {len(row):,}")
    if all(_is_number(name) for name in columns) and any("." in name for name in columns):
        raise InputUnusable(path=path, reason="line 1 holds numbers, not the names of the columns")
    sign = re.escape(delimiter.encode())
    beginning = re.compile(rb'(?:(?:"(?:[^"]|"")*"|[^"' + sign + rb"]*)" + sign + rb"){%d}" % texts)
    return Form(path, delimiter, tuple(labels), tuple(columns), texts, beginning)


def _first_lines(path: Path, count: int) -> list[bytes]:
    found: list[bytes] = []
    for _, block in text_blocks(path, 1 << 16):
        found += block.split(b"\n")[:-1]
        if len(found) >= count:
            break
    return [line.rstrip(b"\r") for line in found[:count]]


def _row_names(form: Form) -> list[list[str]]:
    found = []
    for number, line in _lines(form.path):
        beginning, rest = _parted(form, number, line)
        fields = rest.count(form.delimiter.encode()) + 1
        if fields != len(form.header):
            raise _wrong(form, number, f"{fields + form.texts:,} fields, not {len(form.header) + form.texts:,}")
        names = _fields(decode(form.path, beginning[:-1], number), form.delimiter) or [""]
        if len(names) != form.texts:
            raise _wrong(form, number, f"{len(names)} texts before its first number, not {form.texts}")
        found.append(names)
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """All lines but the first and empty ones, with their numbers."""
    for first, block in text_blocks(path):
        for number, line in enumerate(block.split(b"\n"), first):
            if number > 1 and line and line != b"\r":
                yield number, line.rstrip(b"\r")


def _parted(form: Form, number: int, line: bytes) -> tuple[bytes, bytes]:
    match = form.beginning.match(line)
    if not match:
        raise _wrong(form, number, f"{line.count(form.delimiter.encode()) + 1:,} fields, or a quote that does not end")
    return match[0], line[match.end() :]


def _parts(form: Form) -> Iterator[sparse.csr_matrix]:
    """Rows as they come, as many as make a block."""
    sizes: list[int] = []
    places: list[NDArray[np.intp]] = []
    values: list[NDArray[Any]] = []

    def part() -> sparse.csr_matrix:
        starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        shape = len(sizes), len(form.header)
        return sparse.csr_matrix((np.concatenate(values), np.concatenate(places).astype(np.int32), starts), shape)

    held = 0
    for number, line in _lines(form.path):
        place, value = _numbers(form, number, _parted(form, number, line)[1])
        places.append(place)
        values.append(value)
        sizes.append(len(places[-1]))
        held += sizes[-1]
        if held >= BLOCK_ENTRIES:
            yield part()
            held = 0
            for kept in (sizes, places, values):
                kept.clear()
    if sizes:
        yield part()


def _cells_by_cells(form: Form, shape: tuple[int, int], workspace: Workspace) -> Iterator[sparse.csr_matrix]:
    genes, cells = shape
    spill, first = Spill(workspace.folder, cells, genes), 0
    for part in _parts(form):
        some = part.tocoo()
        spill.add(sparse.coo_matrix((some.data, (some.col, some.row + first)), (cells, genes)))
        first += part.shape[0]
    yield from spill.blocks()


def _numbers(form: Form, number: int, text: bytes) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Where the row is not 0, and what is there."""
    if b'"' in text:
        text = text.replace(b'"', b"")
    found = whole_numbers(text, form.delimiter.encode(), len(form.header))
    if found is not None:
        return found
    fields = text.decode("latin-1").split(form.delimiter)
    if len(fields) != len(form.header):
        raise _wrong(form, number, f"{len(fields) + form.texts:,} fields, not {len(form.header) + form.texts:,}")
    for name, field in zip(form.header, fields, strict=True):
        if not _is_number(field):
            raise _wrong(form, number, f"'{field[:40].strip()}' in column {name}, which is not a number")
    row = np.array([float(field) for field in fields])
    places = np.flatnonzero(row)
    return places, row[places]


def _wrong(form: Form, number: int, found: str) -> InputUnusable:
    return InputUnusable(path=form.path, reason=f"line {number:,} has {found}")


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _genes_are_rows(path: Path, rows: Sequence[str], header: Sequence[str]) -> bool:
    """Told from names that only genes have, and from barcodes, which only cells have."""
    for_rows = genes_among(rows) / len(rows) + barcodes_among(header) / len(header)
    for_header = genes_among(header) / len(header) + barcodes_among(rows) / len(rows)
    if max(for_rows, for_header) < PART_OF_NAMES or max(for_rows, for_header) < CLEARLY * min(for_rows, for_header):
        reason = (
            "it cannot be told whether genes are its rows or its columns; name genes by symbols or Ensembl ids, as "
            "MT-CO1 or ENSG00000198804, or cells by their barcodes"
        )
        raise InputUnusable(path=path, reason=reason)
    return for_rows > for_header
