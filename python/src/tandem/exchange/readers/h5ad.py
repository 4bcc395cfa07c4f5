"""AnnData files, of all versions, read in place."""

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.genes import ids_and_names
from tandem.exchange.hdf5 import matrix_blocks, opened, sampled, texts
from tandem.exchange.parcel import Reduction
from tandem.exchange.source import Source, check_gene_ids, checked_counts, no_counts, not_counts
from tandem.exchange.tables import columns_of, is_analysed, with_clusters
from tandem.exchange.workspace import Workspace

#: Where counts are looked for, in this order.
COUNTS = (
    "layers/counts", "layers/raw_counts", "layers/UMIs", "layers/umi", "layers/raw", "raw/X", "raw.X", "X",
)  # fmt: skip
#: Colours as cell sets have them; how far they let shine through is left out.
COLOUR = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?$")
#: Whose genes they are, where they are not those of all.
OWN_GENES = {"raw/X": "raw/var", "raw.X": "raw.var"}


def open_h5ad(path: Path, workspace: Workspace) -> Source:
    """Counts from the first place that holds some; columns, reductions and colours as they are."""
    from anndata.io import read_elem

    with opened(path) as file, warnings.catch_warnings():
        # Old files are read all the same.
        warnings.simplefilter("ignore")
        obs = _frame(file, "obs", read_elem)
        place = _place_of_counts(path, file)
        var = _frame(file, OWN_GENES.get(place, "var"), read_elem)
        gene_ids, gene_names = _genes(var)
        columns, notes = columns_of(obs, _colours(file, read_elem))
        reductions = list(_reductions(file, len(obs), read_elem))
        cell_sets = _cell_sets(file)
    check_gene_ids(path, gene_ids)
    columns = with_clusters(columns)
    barcodes = [str(name) for name in obs.index]

    def blocks() -> Iterator[sparse.csr_matrix]:
        with opened(path) as file:
            for block in matrix_blocks(path, file[place], len(barcodes), len(gene_ids), workspace.folder):
                yield checked_counts(block, path, place)

    return Source(
        path=path,
        format="h5ad",
        gene_ids=gene_ids,
        gene_names=gene_names,
        barcodes=barcodes,
        blocks=blocks,
        columns=columns,
        reductions=reductions,
        analysed=is_analysed(columns, reductions),
        cell_sets=cell_sets,
        notes=[f"counts were read from {place}", *notes],
        files=(path,),
    )


def _place_of_counts(path: Path, file: h5py.File) -> str:
    """The first place whose values, as far as they are looked at, are counts."""
    wrong: dict[str, float] = {}
    for place in COUNTS:
        if place not in file or (isinstance(file[place], h5py.Dataset) and not file[place].shape):
            continue
        value = not_counts(sampled(file[place]))
        if value is None:
            return place
        wrong[place] = value
    if not wrong:
        raise InputUnusable(path=path, reason="it has neither X nor a layer of counts")
    reason = no_counts(" and ".join(wrong), next(iter(wrong.values()))) + " in layers['counts']"
    raise InputUnusable(path=path, reason=reason)


def _frame(file: h5py.File, key: str, read_elem: Any) -> pd.DataFrame:
    """A table of cells or genes; before version 0.7 it was an array of records."""
    element = file[key]
    if isinstance(element, h5py.Group):
        frame = read_elem(element)
        return frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)
    frame = pd.DataFrame.from_records(element[()])
    for name in frame:
        if frame[name].dtype == object:
            frame[name] = texts(frame[name].to_numpy())
        categories = file.get(f"uns/{name}_categories")
        if categories is not None and pd.api.types.is_integer_dtype(frame[name].dtype):
            levels = texts(categories)
            frame[name] = pd.Categorical.from_codes(frame[name], levels if len(set(levels)) == len(levels) else None)
    index = "index" if "index" in frame else frame.columns[0]
    return frame.set_index(index)


def _genes(var: pd.DataFrame) -> tuple[list[str], list[str]]:
    named = {
        str(name): ["" if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]
        for name, values in var.items()
        if not pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    }
    return ids_and_names([str(name) for name in var.index], named)


def _colours(file: h5py.File, read_elem: Any) -> Mapping[str, list[str]]:
    """What `uns` says of how the levels of columns are painted."""
    found = {}
    for name in file.get("uns", ()):
        if name.endswith("_colors") and isinstance(file["uns"][name], h5py.Dataset):
            colours = texts(np.asarray(read_elem(file["uns"][name])))
            if all(COLOUR.match(colour) for colour in colours):
                found[name.removesuffix("_colors")] = [colour[:7] for colour in colours]
    return found


def _reductions(file: h5py.File, cells: int, read_elem: Any) -> Iterator[Reduction]:
    element = file.get("obsm")
    if element is None:
        return
    if isinstance(element, h5py.Dataset):  # Before version 0.7: an array of records.
        arrays = {name: element[name] for name in element.dtype.names or ()}
    else:
        arrays = {name: read_elem(element[name]) for name in element}
    for name, array in arrays.items():
        values = array.to_numpy() if isinstance(array, pd.DataFrame) else array
        if isinstance(values, np.ndarray) and values.ndim == 2 and values.dtype.kind in "fiu" and values.shape[1] > 1:
            if len(values) != cells:
                raise InputUnusable(
                    path=Path(file.filename), reason=f"obsm/{name} has {len(values):,} rows, not {cells:,}"
                )
            yield Reduction(name.removeprefix("X_"), values.astype(np.float64))


def _cell_sets(file: h5py.File) -> str | None:
    """The text of the cell sets of an experiment that was exported from here."""
    kept = file.get("uns/tandem/cell_sets")
    return texts(kept)[0] if isinstance(kept, h5py.Dataset) and kept.size == 1 else None
