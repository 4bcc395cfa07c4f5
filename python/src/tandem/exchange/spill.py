"""Puts entries that come in another order into the order of cells, through a file rather than through memory."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tandem.exchange.source import BLOCK_ENTRIES


class Spill:
    """Each part that is added is put in order and written; the blocks of cells are then gathered from all parts."""

    def __init__(self, folder: Path, cells: int, genes: int) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._shape = cells, genes
        self._entries = np.zeros(cells, np.int64)
        #: Where the starts, the genes and the values of each part begin, and the type of its values.
        self._parts: list[tuple[int, int, int, np.dtype[Any]]] = []

    def add(self, part: sparse.coo_matrix | sparse.csc_matrix) -> None:
        """Entries of any cells and genes, cells x genes."""
        rows = part.tocsr()
        starts = rows.indptr.astype(np.int64)
        self._entries += np.diff(starts)
        self._parts.append(
            (self._write(starts), self._write(rows.indices.astype(np.int32, copy=False)), self._write(rows.data),
             rows.dtype)
        )  # fmt: skip

    def blocks(self) -> Iterator[sparse.csr_matrix]:
        """All cells in order; the file is gone afterwards."""
        with self._file:
            # While the parts of a block are put together it is there twice.
            for first, last in cell_ranges(np.concatenate([[0], np.cumsum(self._entries)]), BLOCK_ENTRIES // 2):
                shape = last - first, self._shape[1]
                found = [sparse.coo_matrix(shape), *(self._cells(part, first, last) for part in self._parts)]
                rows, genes, values = (
                    np.concatenate([getattr(part, what) for part in found]) for what in ("row", "col", "data")
                )
                yield sparse.csr_matrix((values, (rows, genes)), shape)

    def _cells(self, part: tuple[int, int, int, np.dtype[Any]], first: int, last: int) -> sparse.coo_matrix:
        at_starts, at_genes, at_values, kind = part
        starts = self._read(at_starts, np.dtype(np.int64), first, last + 1)
        genes = self._read(at_genes, np.dtype(np.int32), starts[0], starts[-1])
        values = self._read(at_values, kind, starts[0], starts[-1])
        rows = np.repeat(np.arange(last - first, dtype=np.int32), np.diff(starts))
        return sparse.coo_matrix((values, (rows, genes)), (last - first, self._shape[1]))

    def _write(self, values: NDArray[Any]) -> int:
        place = self._file.tell()
        self._file.write(np.ascontiguousarray(values).data)
        return place

    def _read(self, place: int, kind: np.dtype[Any], first: int, last: int) -> NDArray[Any]:
        self._file.seek(place + first * kind.itemsize)
        return np.fromfile(self._file, kind, last - first)


def cell_ranges(starts: NDArray[Any], most: int) -> Iterator[tuple[int, int]]:
    """The cells from the first up to the last (which is not in it) that together have about `most` entries."""
    first, cells = 0, len(starts) - 1
    while first < cells:
        last = int(np.searchsorted(starts, starts[first] + most, side="right")) - 1
        last = min(max(last, first + 1), cells, first + most)
        yield first, last
        first = last
