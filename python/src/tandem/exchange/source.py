"""What every reader gives: a data set's names and facts, and its counts a block of cells at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.parcel import Column, Reduction

#: How many entries a reader holds in memory at a time.
BLOCK_ENTRIES = 4_000_000
#: Counts are written as 32-bit whole numbers.
LARGEST_COUNT = 2**31 - 1


@dataclass(frozen=True)
class Source:
    """A data set that was opened: its names are here, its counts are read when `blocks` is called."""

    path: Path
    #: What it is, in words: `10x folder`, `10x h5`, `h5ad`, `loom`, `table`, `rds`.
    format: str
    gene_ids: Sequence[str]
    gene_names: Sequence[str]
    barcodes: Sequence[str]
    #: The counts, cells x genes, in the order of the barcodes; never all of them at once.
    blocks: Callable[[], Iterator[sparse.csr_matrix]]
    columns: Sequence[Column] = ()
    reductions: Sequence[Reduction] = ()
    #: Whether it has clusters or a layout: its author has chosen the cells already.
    analysed: bool = False
    #: The text of a `cell_sets.json`, which nobody has looked at yet.
    cell_sets: str | None = None
    #: What the user should know of how it was read.
    notes: Sequence[str] = ()
    #: The files that it lies in.
    files: Sequence[Path] = ()
    #: The sample that its cells belong to, unless a column tells more.
    sample: str = ""


def checked_counts(block: sparse.csr_matrix, path: Path, where: str = "the matrix") -> sparse.csr_matrix:
    """The block with one entry a gene, if all of it are counts."""
    if block.dtype.kind not in "buif":
        raise InputUnusable(path=path, reason=f"{where} holds no numbers")
    if block.dtype.kind != "f":
        block = block.astype(np.float64 if block.dtype == np.uint64 else np.int64)
    block.sum_duplicates()
    wrong = not_counts(block.data)
    if wrong is not None:
        raise InputUnusable(path=path, reason=no_counts(where, wrong))
    if block.nnz and block.data.max() > LARGEST_COUNT:
        raise InputUnusable(path=path, reason=f"{where} holds {block.data.max():.0f}, more than can be a count")
    return block


def not_counts(values: NDArray[Any]) -> float | None:
    """The first value that is no count: negative, fractional or none at all."""
    if values.dtype.kind in "bu":
        return None
    bad = values < 0 if values.dtype.kind == "i" else (values < 0) | (values != np.floor(values)) | ~np.isfinite(values)
    place = int(bad.argmax()) if bad.size else 0
    return float(values[place]) if bad.size and bad[place] else None


def no_counts(where: str, value: float) -> str:
    """Why values as this one, in one place or several, cannot be analysed."""
    holds = "hold" if " and " in where else "holds"
    return (
        f"there are no counts: {where} {holds} normalised, scaled or estimated values (the first is {value:.4g}), and "
        "an import begins with the whole numbers that were counted; give the data set with its raw counts"
    )


def check_gene_ids(path: Path, ids: Sequence[str]) -> None:
    """Refuse ids that stand for more than one gene."""
    seen: set[str] = set()
    twice = dict.fromkeys(gene for gene in ids if gene in seen or seen.add(gene))  # type: ignore[func-returns-value]
    if twice:
        shown = ", ".join(gene or "the empty name" for gene in list(twice)[:3])
        more = f" and {len(twice) - 3:,} more" if len(twice) > 3 else ""
        reason = f"gene names duplicated: {shown}{more} stand for more than one gene; make them unique"
        raise InputUnusable(path=path, reason=reason)
