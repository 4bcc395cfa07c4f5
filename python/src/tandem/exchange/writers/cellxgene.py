"""An h5ad as CELLxGENE opens it: gene by gene, numbers in the precision it shows, flags that may be unknown as sets."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from tandem.exchange.parcel import Parcel, Reduction
from tandem.exchange.writers.h5ad import EntryWriter, Progress, observations, start_matrix, write_surroundings
from tandem.exchange.writers.hdf5 import new_file

#: How many entries are held in memory at a time while cells are turned into genes: the cells are read once for each.
TURNED_ENTRIES = 16_000_000


def write_cellxgene(parcel: Parcel, path: Path, progress: Progress) -> None:
    """Write a parcel that has a layout."""
    with new_file(path) as (file, check):
        write_surroundings(file, parcel.contents, _shown(observations(parcel.contents)), "float32")
        per_gene = np.zeros(parcel.genes, np.int64)
        for block in parcel.blocks("data"):
            per_gene += np.bincount(block.indices, minlength=parcel.genes)
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(per_gene)])
        entries = EntryWriter(start_matrix(file, "X", "csc", parcel), int(starts[-1]), "<f4")
        for first, last in _gene_ranges(starts):
            genes = sparse.vstack([block[:, first:last] for block in parcel.blocks("data")], format="csr").tocsc()
            entries.append(genes.data, genes.indices)
            check()
            progress(last / parcel.genes)
        entries.finish(starts)


def is_layout(reduction: Reduction) -> bool:
    """Whether it can be shown: two dimensions, some cells with a place, and none at infinity."""
    values = reduction.values
    return values.shape[1] >= 2 and not np.isinf(values).any() and not np.isnan(values).all()


def _shown(cells: pd.DataFrame) -> pd.DataFrame:
    def as_shown(column: pd.Series) -> pd.Series:
        if isinstance(column.dtype, pd.BooleanDtype):
            return column.map({True: "True", False: "False"}).astype("category")
        return column.astype(np.float32) if column.dtype == np.float64 else column

    return cells.apply(as_shown)


def _gene_ranges(starts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Iterator[tuple[int, int]]:
    first, end = 0, len(starts) - 1
    while first < end:
        last = int(np.searchsorted(starts, starts[first] + TURNED_ENTRIES, side="right")) - 1
        last = min(max(last, first + 1), end)
        yield first, last
        first = last
