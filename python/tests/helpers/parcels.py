"""Parcels for tests: one with everything that is awkward, and the comparison of two."""

import json
from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal
from scipy import sparse

from tandem.exchange.parcel import Column, Contents, LayerWriter, Parcel, Reduction, write_contents

CELLS, GENES = 60, 40


def assert_same(one: Parcel, other: Parcel) -> None:
    """Both hold the same cells and genes, numbers, columns, layouts and cell sets. Where they come from does not count,
    nor in which order their columns and layouts are."""
    ours, theirs = one.contents, other.contents
    for name in ("barcodes", "gene_ids", "gene_names"):
        assert list(getattr(ours, name)) == list(getattr(theirs, name)), name
    assert one.layers == other.layers
    for layer in one.layers:
        mine, its = (sparse.vstack(list(parcel.blocks(layer))) for parcel in (one, other))
        for part in ("indptr", "indices", "data"):
            assert_array_equal(getattr(mine, part), getattr(its, part), f"{layer}.{part}")
    mine_by_name, its_by_name = ({column.name: column for column in contents.columns} for contents in (ours, theirs))
    assert set(mine_by_name) == set(its_by_name)
    for name, column in mine_by_name.items():
        its_column = its_by_name[name]
        assert (column.kind, column.levels, column.colours) == (its_column.kind, its_column.levels, its_column.colours)
        assert_array_equal(column.values, its_column.values, name)
    places, its_places = ({entry.name: entry.values for entry in contents.reductions} for contents in (ours, theirs))
    assert set(places) == set(its_places)
    for name, values in places.items():
        assert_array_equal(values, its_places[name], name)
    assert json.loads(ours.cell_sets or "null") == json.loads(theirs.cell_sets or "null")


def awkward_parcel(folder: Path) -> Parcel:
    """Names with slashes and twice, cells without a place, flags that nobody knows, large counts, an empty cell."""
    random = np.random.default_rng(5)
    folder.mkdir()
    counts = random.poisson(0.6, (CELLS, GENES)).astype(np.int32)
    counts[3] = 0
    counts[4, 7] = 2_000_000_000
    place = random.normal(size=(CELLS, 2))
    place[5] = np.nan
    sets = random.integers(-1, 2, CELLS)
    contents = Contents(
        barcodes=[f"cell-{number}" for number in range(CELLS)],
        gene_ids=[f"ENSG{number:03}" for number in range(GENES)],
        gene_names=["MT-CO1", "TWICE", "TWICE", "TWICE-1", *(f"Gène {number}" for number in range(4, GENES))],
        columns=[
            Column("samples", "category", np.arange(CELLS) % 2, ("sample/a", "Probe ß"), ("#77aadd", "#EE8866")),
            Column("T/NK", "category", sets, ("T cells", "NK cells"), ("red", "#000000")),
            Column("T_NK", "category", sets, ("T cells", "NK cells"), ()),
            Column("nobody", "category", np.full(CELLS, -1), (), ()),
            Column("cells_id", "number", np.arange(CELLS) * 3.0),
            Column("percent.mt", "number", np.where(np.arange(CELLS) == 1, np.nan, random.uniform(size=CELLS) * 100)),
            Column("large", "number", np.arange(CELLS) * 1e10),
            Column("custom_cellset-mine", "flag", np.arange(CELLS) % 3 == 0),
            Column("unsure", "flag", sets),
            Column("_index", "number", np.linspace(0.5, 1, CELLS)),
        ],
        reductions=[
            Reduction("pca", random.normal(size=(CELLS, 5))),
            Reduction("umap", place),
            Reduction("one/dimension", random.normal(size=(CELLS, 1))),
        ],
        cell_sets='{"cellSets": [{"key": "louvain", "name": "Grüße", "children": []}]}',
    )
    normalised = np.log1p(counts / np.maximum(counts.sum(1, keepdims=True), 1) * 1e4)
    for layer, matrix in (("counts", counts), ("data", normalised.astype(np.float32))):
        with LayerWriter(folder, layer) as writer:
            writer.append(sparse.csr_matrix(matrix[:20]))
            writer.append(sparse.csr_matrix(matrix[20:]))
    write_contents(folder, contents)
    return Parcel(folder)


def dense(parcel: Parcel, layer: str) -> np.ndarray:
    """A whole layer, cells x genes."""
    return sparse.vstack(list(parcel.blocks(layer))).toarray()
