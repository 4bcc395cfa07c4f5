"""Matrix Market text, some megabytes at a time."""

import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NoReturn

import numpy as np
from scipy import sparse
from scipy.io import mmread

from tandem.errors import InputUnusable
from tandem.exchange.source import checked_counts
from tandem.exchange.spill import Spill
from tandem.exchange.text import text_blocks

#: How much of the file its header may take.
HEADER_BYTES = 1 << 16
#: What entries of numbers consist of.
NUMBER_SIGNS = b"0123456789 \t\r\n.eE+-"
#: The parser's own words of a line: it counts two lines of header more.
PARSER_COMPLAINT = re.compile(r"Line (\d+): (.*?)\.?$")


class Market:
    """A matrix of a Matrix Market file, of which the header was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = next(text_blocks(path, HEADER_BYTES), (1, b""))[1]
        banner = text.split(b"\n", 1)[0].decode("latin-1").lower().split()
        if not banner or banner[0] != "%%matrixmarket":
            raise InputUnusable(
                path=path, reason="line 1 is not that of a Matrix Market file (%%MatrixMarket matrix ...)"
            )
        if banner[1:3] != ["matrix", "coordinate"] or banner[3:4] not in (["integer"], ["real"]):
            reason = f"line 1 says '{' '.join(banner[1:])}', and counts are 'matrix coordinate integer general'"
            raise InputUnusable(path=path, reason=reason)
        if banner[4:5] != ["general"]:
            raise InputUnusable(
                path=path, reason="line 1 says that half of the matrix is left out; write it as 'general'"
            )
        for number, line in enumerate(text.split(b"\n"), 1):
            if line.strip() and not line.startswith(b"%"):
                self._header_lines = number
                self.rows, self.columns, self.entries = self._size(line, number)
                return
        raise InputUnusable(path=path, reason="it ends before the line with the numbers of rows, columns and entries")

    def blocks(self, genes_are_rows: bool, workspace: Path) -> Iterator[sparse.csr_matrix]:
        """Cells x genes; a file whose entries are not in the order of cells takes a detour through the workspace."""
        shape = (self.columns, self.rows) if genes_are_rows else (self.rows, self.columns)
        parts = (part.T if genes_are_rows else part for part in self._parts())
        first, held = 0, sparse.coo_matrix(shape)
        for part in parts:
            found = _joined(held, part)
            if (np.diff(found.row) < 0).any():
                return (yield from self._in_order(chain([found], parts), first, workspace))
            if not found.nnz:
                continue
            self._check_order(found, first)
            last = int(found.row[-1])
            end = int(np.searchsorted(found.row, last))
            if last > first:
                yield self._cells(found, slice(end), first, last)
            first, held = last, _entries(found, slice(end, None), 0, shape)
        yield self._cells(held, slice(None), first, shape[0])
        return None

    def _in_order(self, parts: Iterator[sparse.coo_matrix], first: int, workspace: Path) -> Iterator[sparse.csr_matrix]:
        """The cells from the first on, whatever the order of the entries."""
        spill: Spill | None = None
        for part in parts:
            self._check_order(part, first)
            cells, genes = part.shape[0] - first, part.shape[1]
            spill = spill or Spill(workspace, cells, genes)
            spill.add(_entries(part, slice(None), first, (cells, genes)))
        for block in spill.blocks() if spill else ():
            yield checked_counts(block, self.path)

    def _check_order(self, part: sparse.coo_matrix, first: int) -> None:
        if part.nnz and part.row.min() < first:
            reason = f"its entries are in the order of cells up to cell {first + 1:,} and in none after it; sort them"
            raise InputUnusable(path=self.path, reason=reason)

    def _cells(self, part: sparse.coo_matrix, which: slice, first: int, last: int) -> sparse.csr_matrix:
        return checked_counts(_entries(part, which, first, (last - first, part.shape[1])).tocsr(), self.path)

    def _size(self, line: bytes, number: int) -> tuple[int, int, int]:
        words = line.split()
        if len(words) != 3 or not all(word.isdigit() and len(word) < 19 for word in words):
            reason = f"line {number} should have the numbers of rows, columns and entries"
            raise InputUnusable(path=self.path, reason=reason)
        rows, columns, entries = (int(word) for word in words)
        return rows, columns, entries

    def _parts(self) -> Iterator[sparse.coo_matrix]:
        found = 0
        for line, text in text_blocks(self.path):
            start = 0
            while line <= self._header_lines:
                start, line = text.index(b"\n", start) + 1, line + 1
            part = self._parse(text[start:], line)
            found += part.nnz
            if found > self.entries:
                self._refuse(line, f"there are more than the {self.entries:,} entries that its header tells of")
            yield part
        if found < self.entries:
            reason = f"it has {found:,} entries, but its header tells of {self.entries:,}; it was cut off"
            raise InputUnusable(path=self.path, reason=reason)

    def _parse(self, text: bytes, line: int) -> sparse.coo_matrix:
        if text.translate(None, NUMBER_SIGNS):
            self._refuse_words(text, line)
        # Always `real`: as `integer` the parser would take 1.5 for 1.
        header = f"%%MatrixMarket matrix coordinate real general\n{self.rows} {self.columns} {_count_lines(text)}\n"
        try:
            return mmread(io.BytesIO(header.encode() + text), spmatrix=True)
        except (ValueError, OverflowError) as error:
            complaint = PARSER_COMPLAINT.match(str(error))
            if not complaint:
                self._refuse(line, str(error))
            self._refuse(line + int(complaint[1]) - 3, self._in_words(complaint[2]))

    def _in_words(self, complaint: str) -> str:
        if "out of bounds" in complaint or "out of range" in complaint:
            return f"an entry lies outside of the {self.rows:,} rows and {self.columns:,} columns"
        return "there should be a row, a column and a count"

    def _refuse_words(self, text: bytes, line: int) -> None:
        for number, words in enumerate(text.split(b"\n"), line):
            if words.translate(None, NUMBER_SIGNS):
                shown = words[:40].decode("latin-1").strip()
                self._refuse(number, f"'{shown}' is not a number" if shown.isprintable() else "it is not a number")

    def _refuse(self, line: int, reason: str) -> NoReturn:
        raise InputUnusable(path=self.path, reason=f"line {line:,}: {reason}")


def _joined(one: sparse.coo_matrix, other: sparse.coo_matrix) -> sparse.coo_matrix:
    places = np.concatenate([one.row, other.row]), np.concatenate([one.col, other.col])
    return sparse.coo_matrix((np.concatenate([one.data, other.data]), places), one.shape)


def _entries(part: sparse.coo_matrix, which: slice, first: int, shape: tuple[int, int]) -> sparse.coo_matrix:
    """Some of the entries; their cells are counted from `first`."""
    return sparse.coo_matrix((part.data[which], (part.row[which] - first, part.col[which])), shape)


def _count_lines(text: bytes) -> int:
    """Lines that are not empty."""
    if text[:1] in b"\r\n" or b"\n\n" in text or b"\n\r\n" in text:
        return sum(1 for line in text.split(b"\n") if line.strip())
    return text.count(b"\n")
