"""The counts as a folder that Cell Ranger 3 would have written, with what is known of the cells beside it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
import pandas as pd
from isal.igzip import IGzipFile
from numpy.typing import NDArray
from scipy import sparse

import tandem
from tandem.exchange.names import distinct
from tandem.exchange.parcel import Parcel
from tandem.exchange.writers.h5ad import Progress, observations

#: All that such a folder holds.
FILES = ("matrix.mtx.gz", "features.tsv.gz", "barcodes.tsv.gz", "cells.csv.gz")
#: How many entries are made into text at a time.
TEXT_ENTRIES = 1_000_000


def write_tenx(parcel: Parcel, folder: Path, progress: Progress) -> None:
    """Write a parcel that has counts."""
    folder.mkdir()
    contents = parcel.contents
    with _compressed(folder / "features.tsv.gz") as file:
        for gene, name in zip(contents.gene_ids, contents.gene_names, strict=True):
            file.write(f"{gene}\t{name}\tGene Expression\n".encode())
    with _compressed(folder / "barcodes.tsv.gz") as file:
        file.writelines(f"{barcode}\n".encode() for barcode in contents.barcodes)
    with _compressed(folder / "cells.csv.gz") as file:
        _cells(parcel).to_csv(file, index_label="barcode", lineterminator="\n")
    with _compressed(folder / "matrix.mtx.gz") as file:
        _write_matrix(file, parcel, progress)


def _cells(parcel: Parcel) -> pd.DataFrame:
    """All columns, then the dimensions of each reduction: `umap_1`, `umap_2`."""
    columns = observations(parcel.contents)
    layouts = [
        pd.DataFrame(
            reduction.values,
            index=columns.index,
            columns=[f"{reduction.name}_{dimension + 1}" for dimension in range(reduction.values.shape[1])],
        )
        for reduction in parcel.contents.reductions
    ]
    table = pd.concat([columns, *layouts], axis=1)
    return table.set_axis(distinct(table.columns), axis=1)


def _write_matrix(file: IO[bytes], parcel: Parcel, progress: Progress) -> None:
    about = json.dumps({"format_version": 2, "software_version": f"tandem-{tandem.__version__}"})
    file.write(f"%%MatrixMarket matrix coordinate integer general\n%metadata_json: {about}\n".encode())
    file.write(f"{parcel.genes} {parcel.cells} {parcel.entries('counts')}\n".encode())
    genes = _as_text(np.arange(1, parcel.genes + 1), " ")
    done = 0
    for block in parcel.blocks("counts"):
        for text in _lines(block, genes, done):
            file.write(text)
        done += block.shape[0]
        progress(done / parcel.cells)


def _lines(block: sparse.csr_matrix, genes: NDArray[np.bytes_], done: int) -> Iterator[bytes]:
    """`gene cell count`, a line each: pieces of text of one width side by side, then the filling taken out."""
    cells = _as_text(np.arange(done + 1, done + block.shape[0] + 1), " ")
    cell_of = np.repeat(np.arange(block.shape[0], dtype=np.int32), np.diff(block.indptr))
    for first in range(0, len(cell_of), TEXT_ENTRIES):
        some = slice(first, first + TEXT_ENTRIES)
        values, value_of = np.unique(block.data[some], return_inverse=True)
        parts = (genes[block.indices[some]], cells[cell_of[some]], _as_text(values, "\n")[value_of])
        lines = np.empty(len(value_of), [(name, part.dtype) for name, part in zip("gcv", parts, strict=True)])
        for name, part in zip("gcv", parts, strict=True):
            lines[name] = part
        yield lines.tobytes().translate(None, b"\0")


def _as_text(numbers: NDArray[np.integer], end: str) -> NDArray[np.bytes_]:
    return np.array([f"{number}{end}" for number in numbers.tolist()], np.bytes_)


@contextmanager
def _compressed(path: Path) -> Iterator[IO[bytes]]:
    """Without a name or a time inside: the same content makes the same file."""
    with path.open("wb") as raw, IGzipFile("", "wb", fileobj=raw, mtime=0) as file:  # type: ignore[no-untyped-call]
        yield cast("IO[bytes]", file)
