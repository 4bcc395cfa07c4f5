"""AnnData's h5ad, as scanpy opens it: normalised expression in `X`, counts in a layer.

What is small is written by anndata itself. The matrices are written as its description of the file says, some cells at
a time, so that none is ever whole in memory: https://anndata.readthedocs.io/en/stable/fileformat-prose.html
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from anndata.io import write_elem
from numpy.typing import NDArray

from tandem.exchange.names import distinct, keys
from tandem.exchange.parcel import LAYER_TYPES, Column, Contents, Layer, Parcel
from tandem.exchange.writers.hdf5 import new_file

#: Another number is another form of what we add in `uns["tandem"]`.
VERSION = 1
#: Entries of a matrix that are compressed together.
CHUNK_ENTRIES = 262_144
#: Bytes are sorted by their significance, then compressed fast.
COMPRESSION = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
#: The only colours that every program takes.
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

#: Told how much is done, from 0 to 1.
Progress = Callable[[float], None]


def write_h5ad(parcel: Parcel, path: Path, progress: Progress) -> None:
    """Write all of a parcel."""
    with new_file(path) as (file, check):
        write_surroundings(file, parcel.contents, observations(parcel.contents))
        layers: dict[Layer, h5py.Group] = {"data": start_matrix(file, "X", "csr", parcel)}
        if "counts" in parcel.layers:
            layers["counts"] = start_matrix(file["layers"], "counts", "csr", parcel)
        for place, (layer, group) in enumerate(layers.items()):
            for done in _write_cells(group, parcel, layer):
                check()
                progress((place + done) / len(layers))


def observations(contents: Contents) -> pd.DataFrame:
    """What is known of each cell."""
    names = keys(column.name for column in contents.columns)
    series = {name: _series(column) for name, column in zip(names, contents.columns, strict=True)}
    return pd.DataFrame(series, index=_texts(contents.barcodes))


def write_surroundings(file: h5py.File, contents: Contents, cells: pd.DataFrame, precision: str = "float64") -> None:
    """Write all but the matrices. Genes go by their names, their ids are the column `gene_ids`."""
    file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
    genes = pd.DataFrame({"gene_ids": _texts(contents.gene_ids)}, index=_texts(distinct(contents.gene_names)))
    layouts = keys(f"X_{reduction.name}" for reduction in contents.reductions)
    values = (reduction.values.astype(precision) for reduction in contents.reductions)
    uns: dict[str, object] = {
        f"{name}_colors": np.array(column.colours, dtype=object)
        for name, column in zip(cells.columns, contents.columns, strict=True)
        if len(column.colours) == len(column.levels) > 0 and all(map(COLOUR.fullmatch, column.colours))
    }
    if contents.cell_sets is not None:
        uns["tandem"] = {"version": VERSION, "cell_sets": contents.cell_sets}
    write_elem(file, "obs", cells)
    write_elem(file, "var", genes)
    write_elem(file, "obsm", dict(zip(layouts, values, strict=True)))
    write_elem(file, "uns", uns)
    for empty in ("layers", "varm", "obsp", "varp"):
        write_elem(file, empty, {})


def start_matrix(parent: h5py.Group, name: str, form: str, parcel: Parcel) -> h5py.Group:
    """A sparse matrix, cells x genes, without its entries yet."""
    group = parent.create_group(name)
    shape = np.array([parcel.cells, parcel.genes])
    group.attrs.update({"encoding-type": f"{form}_matrix", "encoding-version": "0.1.0", "shape": shape})
    return group


class EntryWriter:
    """Appends to the entries of a sparse matrix."""

    def __init__(self, group: h5py.Group, entries: int, kind: str) -> None:
        self._starts_kind = "<i8" if entries > np.iinfo(np.int32).max else "<i4"
        self._group = group
        self._data, self._indices = (
            group.create_dataset(name, (entries,), dtype, chunks=(min(max(entries, 1), CHUNK_ENTRIES),), **COMPRESSION)
            for name, dtype in (("data", kind), ("indices", "<i4"))
        )
        self._written = 0

    def append(self, data: NDArray[np.generic], indices: NDArray[np.generic]) -> None:
        """Entries that follow the ones before."""
        place = slice(self._written, self._written + len(data))
        self._data[place], self._indices[place] = data, indices
        self._written += len(data)

    def finish(self, starts: NDArray[np.int64]) -> None:
        """Where the entries of each row or column begin."""
        self._group.create_dataset("indptr", data=starts.astype(self._starts_kind), **COMPRESSION)


def _write_cells(group: h5py.Group, parcel: Parcel, layer: Layer) -> Iterator[float]:
    """Gives how much is done, from time to time."""
    entries = EntryWriter(group, parcel.entries(layer), LAYER_TYPES[layer])
    lengths = [np.zeros(1, np.int64)]
    cells = 0
    for block in parcel.blocks(layer):
        entries.append(block.data, block.indices)
        lengths.append(np.diff(block.indptr))
        cells += block.shape[0]
        yield cells / parcel.cells
    entries.finish(np.cumsum(np.concatenate(lengths), dtype=np.int64))


def _series(column: Column) -> pd.api.extensions.ExtensionArray | NDArray[np.generic]:
    """Whole numbers become integers, as people expect of counts and ids; nothing else changes."""
    values = column.values
    if column.kind == "category":
        return pd.Categorical.from_codes(values, _texts(column.levels))
    if column.kind == "flag":
        known = values >= 0
        return values == 1 if known.all() else pd.arrays.BooleanArray(values == 1, ~known)
    is_whole = np.isfinite(values).all() and (values == np.trunc(values)).all()
    return values.astype("<i4") if is_whole and (np.abs(values) <= np.iinfo(np.int32).max).all() else values


def _texts(values: object) -> pd.Index:
    return pd.Index(list(values), dtype=object)  # type: ignore[call-overload]
