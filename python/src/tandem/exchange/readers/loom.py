"""Loom files: genes x cells, with what is known of both beside it."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from tandem.errors import InputUnusable
from tandem.exchange.genes import ids_and_names
from tandem.exchange.hdf5 import matrix_blocks, opened, sampled, texts
from tandem.exchange.parcel import Reduction
from tandem.exchange.source import Source, check_gene_ids, checked_counts, no_counts, not_counts
from tandem.exchange.tables import columns_of, is_analysed, with_clusters
from tandem.exchange.workspace import Workspace

#: Where counts are looked for, in this order.
COUNTS = ("layers/counts", "layers/raw_counts", "matrix")
CELL_NAMES = ("CellID", "obs_names", "cell_names", "barcode", "barcodes", "cell_id")
GENE_NAMES = ("var_names", "Gene", "gene_names", "gene_name", "Accession", "gene_ids")
#: Two attributes that are places on a plane, and what the reduction is called.
PAIR = re.compile(r"_?(X|Y|t-?SNE_?[12]|UMAP_?[12])$", re.IGNORECASE)


def open_loom(path: Path, workspace: Workspace) -> Source:
    """Counts from a layer of that name, else from the matrix."""
    with opened(path) as file:
        rows, cells = file["matrix"].shape
        gene_facts, cell_facts = _attributes(path, file, "row_attrs", rows), _attributes(path, file, "col_attrs", cells)
        place = _place_of_counts(path, file)
    index = _texts_of(path, gene_facts, GENE_NAMES, "genes", "row_attrs")
    barcodes = _texts_of(path, cell_facts, CELL_NAMES, "cells", "col_attrs")
    named = {
        name: _texts(values) for name, values in gene_facts.items() if values.ndim == 1 and values.dtype.kind in "OSU"
    }
    gene_ids, gene_names = ids_and_names(index, named)
    check_gene_ids(path, gene_ids)
    reductions = list(_reductions(cell_facts))
    frame = pd.DataFrame(
        {
            name: _texts(values) if values.dtype.kind in "OSU" else values
            for name, values in cell_facts.items()
            if values.ndim == 1 and name not in CELL_NAMES and not PAIR.match(name)
        },
        index=range(cells),
    )
    columns, notes = columns_of(frame)
    columns = with_clusters(columns)

    def blocks() -> Iterator[sparse.csr_matrix]:
        with opened(path) as file:
            matrix = file[place]
            for block in matrix_blocks(path, matrix, cells, len(gene_ids), workspace.folder, genes_are_rows=True):
                yield checked_counts(block, path, place)

    return Source(
        path=path,
        format="loom",
        gene_ids=gene_ids,
        gene_names=gene_names,
        barcodes=barcodes,
        blocks=blocks,
        columns=columns,
        reductions=reductions,
        analysed=is_analysed(columns, reductions),
        notes=[f"counts were read from {place}", *notes],
        files=(path,),
    )


def _attributes(path: Path, file: h5py.File, group: str, length: int) -> dict[str, NDArray[Any]]:
    found = {name: values[()] for name, values in file[group].items() if isinstance(values, h5py.Dataset)}
    for name, values in found.items():
        if len(np.atleast_1d(values)) != length:
            reason = f"{group}/{name} has {len(np.atleast_1d(values)):,} values but the matrix has {length:,}"
            raise InputUnusable(path=path, reason=reason)
    return found


def _texts_of(path: Path, facts: dict[str, NDArray[Any]], names: tuple[str, ...], what: str, group: str) -> list[str]:
    name = next((name for name in names if name in facts), None)
    if name is None:
        raise InputUnusable(path=path, reason=f"its {what} have no names: {group} has none of {', '.join(names)}")
    if facts[name].ndim > 1:
        raise InputUnusable(path=path, reason=f"{group}/{name} has more than one name for each of its {what}")
    return _texts(facts[name])


def _texts(values: NDArray[Any]) -> list[str]:
    """Before version 3 of the format what is not ASCII was written as in HTML."""
    return [html.unescape(text) if "&" in text else text for text in texts(values)]


def _place_of_counts(path: Path, file: h5py.File) -> str:
    wrong: dict[str, float] = {}
    for place in COUNTS:
        if place in file:
            value = not_counts(sampled(file[place]))
            if value is None:
                return place
            wrong[place] = value
    raise InputUnusable(path=path, reason=no_counts(" and ".join(wrong), next(iter(wrong.values()))))


def _reductions(facts: dict[str, NDArray[Any]]) -> Iterator[Reduction]:
    pairs: dict[str, dict[str, NDArray[Any]]] = {}
    for name, values in facts.items():
        if values.ndim == 2 and values.shape[1] > 1 and values.dtype.kind in "fiu":
            yield Reduction(name.removeprefix("X_"), values.astype(np.float64))
        elif values.ndim == 1 and values.dtype.kind in "fiu" and (match := PAIR.match(name)):
            axis = match[1].lower().replace("-", "").replace("_", "")
            pairs.setdefault("layout" if axis in "xy" else axis[:-1], {})[axis] = values
    for name, pair in pairs.items():
        if len(pair) == 2:
            yield Reduction(name, np.column_stack([pair[axis] for axis in sorted(pair)]).astype(np.float64))
