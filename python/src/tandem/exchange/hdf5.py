"""HDF5 files of others: opened, looked through and read a block at a time, and never believed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tandem.durable import DISK_FULL
from tandem.errors import InputUnusable, TandemError
from tandem.exchange.source import BLOCK_ENTRIES
from tandem.exchange.spill import Spill, cell_ranges

#: How much of a library's words is repeated.
LONGEST_REASON = 200
#: Values looked at from each of three places, to tell counts from other values.
SAMPLED_VALUES = 100_000
#: Dense values held in memory at a time.
DENSE_VALUES = 8_000_000


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """The file, where anything that is wrong with it while it is open becomes one sentence."""
    try:
        with h5py.File(path, "r") as file:
            yield file
    except TandemError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise  # what is wrong with this machine, not with the file
        reason = " ".join(str(error).split())
        said = f"its HDF5 is damaged or of another form ({reason[:LONGEST_REASON] or type(error).__name__})"
        if "truncated file" in reason:
            said = "its HDF5 is truncated: a part of it is missing; fetch it again"
        raise InputUnusable(path=path, reason=said) from None


def texts(values: Any) -> list[str]:
    """A list of texts, however it is stored."""
    found = np.asarray(values[()] if isinstance(values, h5py.Dataset) else values).ravel().tolist()
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in found]


class Compressed:
    """A sparse matrix of which the entries of each cell (or, of the other kind, each gene) lie together."""

    def __init__(self, path: Path, group: h5py.Group, majors: int, minors: int) -> None:
        self._path, self._minors = path, minors
        self._values, self._places = group["data"], group["indices"]
        starts = group["indptr"]
        self.starts: NDArray[np.int64] = (
            starts[()].astype(np.int64) if starts.dtype.kind in "iu" else np.zeros(0, np.int64)
        )
        sound = (
            len(self.starts) == majors + 1
            and self.starts[0] == 0
            and not (np.diff(self.starts) < 0).any()
            and self.starts[-1] <= len(self._values) == len(self._places)
        )
        if not sound:
            raise InputUnusable(path=path, reason=f"{group.name} does not hold a matrix of {majors:,} x {minors:,}")

    def rows(self, first: int, last: int) -> sparse.csr_matrix:
        """Some of the cells (or genes)."""
        low, high = int(self.starts[first]), int(self.starts[last])
        places = self._places[low:high]
        if places.size and not (places.min() >= 0 and places.max() < self._minors):
            raise InputUnusable(path=self._path, reason=f"{self._places.name} points outside of the matrix")
        shape = last - first, self._minors
        return sparse.csr_matrix(
            (_plain(self._values[low:high]), places.astype(np.int32), self.starts[first : last + 1] - low), shape
        )


def matrix_blocks(
    path: Path,
    matrix: h5py.Group | h5py.Dataset,
    cells: int,
    genes: int,
    workspace: Path,
    genes_are_rows: bool = False,
) -> Iterator[sparse.csr_matrix]:
    """Cells x genes of a sparse or dense matrix. One whose entries lie gene by gene is put in order of cells through
    the workspace, in one pass: a pass for each block of cells would read all of the file again and again."""
    if isinstance(matrix, h5py.Dataset):
        yield from _dense_blocks(path, matrix, cells, genes, workspace, genes_are_rows)
        return
    if not is_by_gene(matrix):
        rows = Compressed(path, matrix, cells, genes)
        for first, last in cell_ranges(rows.starts, BLOCK_ENTRIES):
            yield rows.rows(first, last)
        return
    columns = Compressed(path, matrix, genes, cells)
    spill = Spill(workspace, cells, genes)
    for first, last in cell_ranges(columns.starts, BLOCK_ENTRIES):
        spill.add(_placed(columns.rows(first, last), first, genes))
    yield from spill.blocks()


def _dense_blocks(
    path: Path, matrix: h5py.Dataset, cells: int, genes: int, workspace: Path, genes_are_rows: bool
) -> Iterator[sparse.csr_matrix]:
    expected = (genes, cells) if genes_are_rows else (cells, genes)
    if matrix.shape != expected:
        shape = " x ".join(f"{size:,}" for size in matrix.shape)
        raise InputUnusable(path=path, reason=f"{matrix.name} is {shape}, not {expected[0]:,} x {expected[1]:,}")
    chunk_rows, chunk_columns = matrix.chunks or (1, 1)
    step = max(1, DENSE_VALUES // max(genes, 1))
    if not genes_are_rows:
        step = max(step // chunk_rows, 1) * chunk_rows
        for first in range(0, cells, step):
            yield sparse.csr_matrix(_plain(matrix[first : first + step]))
    elif chunk_columns <= step:
        step = step // chunk_columns * chunk_columns
        for first in range(0, cells, step):
            yield sparse.csr_matrix(_plain(matrix[:, first : first + step]).T)
    else:
        spill = Spill(workspace, cells, genes)
        step = max(DENSE_VALUES // max(cells, 1) // chunk_rows, 1) * chunk_rows
        for first in range(0, genes, step):
            spill.add(_placed(sparse.csr_matrix(_plain(matrix[first : first + step])), first, genes))
        yield from spill.blocks()


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Values of a type that sparse matrices can have."""
    kind = values.dtype.newbyteorder("=")
    return values.astype(np.float32 if kind == np.float16 else kind, copy=False)


def _placed(some_genes: sparse.csr_matrix, first: int, genes: int) -> sparse.coo_matrix:
    """Genes x cells of some genes, as cells x all genes."""
    part = some_genes.tocoo()
    return sparse.coo_matrix((part.data, (part.col, part.row + first)), (part.shape[1], genes))


def is_by_gene(matrix: h5py.Group) -> bool:
    """Whether a sparse matrix of cells x genes is stored gene by gene."""
    kind = matrix.attrs.get("encoding-type", matrix.attrs.get("h5sparse_format", "csr"))
    return (kind.decode() if isinstance(kind, bytes) else str(kind)).lower() in {"csc", "csc_matrix"}


def sampled(matrix: h5py.Group | h5py.Dataset) -> NDArray[Any]:
    """Values from the beginning, the middle and the end."""
    values = matrix if isinstance(matrix, h5py.Dataset) else matrix["data"]
    width = int(np.prod(values.shape[1:], dtype=np.int64))
    length, step = values.shape[0], max(1, SAMPLED_VALUES // max(width, 1))
    starts = sorted({0, max(0, length // 2 - step), max(0, length - step)})
    found = [values[start : start + step].ravel() for start in starts]
    return np.concatenate([part[part != 0] for part in found])
