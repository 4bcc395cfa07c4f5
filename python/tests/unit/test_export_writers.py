"""What is written for other programs is what those programs read: anndata, scanpy, and what CELLxGENE asks for."""

import gzip
import json
import warnings
from dataclasses import replace
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from helpers.parcels import CELLS, GENES, assert_same, awkward_parcel, dense
from tandem.exchange.names import distinct, keys
from tandem.exchange.parcel import Parcel, write_contents
from tandem.exchange.writers import cellxgene, h5ad, tenx
from tandem.exchange.writers.hdf5 import new_file

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own dependencies
    import scanpy


def ignore(_done: float) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def parcel(tmp_path_factory: pytest.TempPathFactory) -> Parcel:
    return awkward_parcel(tmp_path_factory.mktemp("parcels") / "awkward")


@pytest.fixture(scope="module")
def h5ad_file(parcel: Parcel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("h5ad") / "awkward.h5ad"
    h5ad.write_h5ad(parcel, path, ignore)
    return path


@pytest.fixture(scope="module")
def shown(parcel: Parcel, tmp_path_factory: pytest.TempPathFactory) -> anndata.AnnData:
    path = tmp_path_factory.mktemp("cellxgene") / "awkward.h5ad"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cellxgene, "TURNED_ENTRIES", 100)  # many rounds over few genes
        cellxgene.write_cellxgene(parcel, path, ignore)
    return anndata.read_h5ad(path)


def test_an_h5ad_has_expression_and_counts(parcel, h5ad_file):
    found = anndata.read_h5ad(h5ad_file)
    assert found.X.format == found.layers["counts"].format == "csr"
    assert (found.X.dtype, found.layers["counts"].dtype) == (np.float32, np.int32)
    assert_array_equal(found.X.toarray(), dense(parcel, "data"))
    assert_array_equal(found.layers["counts"].toarray(), dense(parcel, "counts"))


def test_genes_go_by_names_of_their_own_and_have_their_ids(parcel, h5ad_file):
    genes = anndata.read_h5ad(h5ad_file).var
    assert list(genes.index[:5]) == ["MT-CO1", "TWICE", "TWICE-2", "TWICE-1", "Gène 4"]
    assert list(genes["gene_ids"]) == parcel.contents.gene_ids


def test_what_is_known_of_the_cells_is_kept(parcel, h5ad_file):
    found = anndata.read_h5ad(h5ad_file)
    cells = found.obs
    assert list(cells.index) == parcel.contents.barcodes
    assert list(cells.columns)[1:4] == ["T_NK", "T_NK-1", "nobody"]
    by_name = {column.name: column for column in parcel.contents.columns}
    assert list(cells["samples"].cat.categories) == ["sample/a", "Probe ß"]
    assert_array_equal(cells["T_NK"].cat.codes, by_name["T/NK"].values)
    assert cells["nobody"].isna().all()
    assert (cells["cells_id"].dtype, cells["large"].dtype) == (np.int32, np.float64)
    assert_array_equal(cells["cells_id"], by_name["cells_id"].values)
    assert_array_equal(cells["percent.mt"], by_name["percent.mt"].values)
    assert_array_equal(cells["custom_cellset-mine"], by_name["custom_cellset-mine"].values == 1)
    assert cells["unsure"].isna().sum() == (by_name["unsure"].values == -1).sum() > 0
    assert_array_equal(cells["_index_"], by_name["_index"].values)
    for name, key in (("pca", "X_pca"), ("umap", "X_umap"), ("one/dimension", "X_one_dimension")):
        (expected,) = (entry.values for entry in parcel.contents.reductions if entry.name == name)
        assert_array_equal(found.obsm[key], expected)


def test_colours_that_everybody_knows_and_cell_sets_go_along(parcel, h5ad_file):
    uns = anndata.read_h5ad(h5ad_file).uns
    assert list(uns["samples_colors"]) == ["#77aadd", "#EE8866"]
    assert {key for key in uns if key.endswith("_colors")} == {"samples_colors"}
    assert uns["tandem"]["cell_sets"] == parcel.contents.cell_sets


def test_scanpy_works_with_it(h5ad_file):
    found = scanpy.read_h5ad(h5ad_file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scanpy's own, of its dependencies
        scanpy.tl.rank_genes_groups(found, "samples", method="t-test")
        scanpy.pl.umap(found, color=["samples", "TWICE-2"], show=False)
    assert set(found.uns["rank_genes_groups"]["names"].dtype.names) == {"sample/a", "Probe ß"}
    assert list(found.uns["samples_colors"]) == ["#77aadd", "#EE8866"]
    found.write_h5ad(h5ad_file.with_name("again.h5ad"))


def test_the_same_parcel_makes_the_same_bytes(parcel, h5ad_file, tmp_path):
    h5ad.write_h5ad(parcel, tmp_path / "again.h5ad", ignore)
    assert (tmp_path / "again.h5ad").read_bytes() == h5ad_file.read_bytes()
    for name in ("one", "two"):
        tenx.write_tenx(parcel, tmp_path / name, ignore)
    for file in tenx.FILES:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_cellxgene_finds_genes_at_hand_and_what_it_can_show(parcel, shown):
    assert shown.X.format == "csc"
    assert shown.X.dtype == np.float32
    assert_array_equal(shown.X.toarray(), dense(parcel, "data"))
    assert shown.X.has_sorted_indices
    assert shown.var.index.is_unique
    assert shown.obs.columns.is_unique
    assert {str(column.dtype) for _, column in shown.obs.items()} == {"category", "int32", "float32", "bool"}
    assert list(shown.obs["unsure"].cat.categories) == ["False", "True"]
    assert shown.obsm["X_umap"].dtype == np.float32
    assert shown.obsm["X_umap"].shape == (CELLS, 2)


def test_a_folder_is_read_as_cell_rangers(parcel, tmp_path, monkeypatch):
    monkeypatch.setattr(tenx, "TEXT_ENTRIES", 70)
    tenx.write_tenx(parcel, tmp_path / "10x", ignore)
    found = scanpy.read_10x_mtx(tmp_path / "10x", var_names="gene_ids")
    assert_array_equal(found.X.toarray(), dense(parcel, "counts"))
    assert list(found.obs_names) == parcel.contents.barcodes
    assert list(found.var_names) == parcel.contents.gene_ids
    assert list(found.var["gene_symbols"]) == parcel.contents.gene_names
    assert set(found.var["feature_types"]) == {"Gene Expression"}
    assert {path.name for path in (tmp_path / "10x").iterdir()} == set(tenx.FILES)
    with gzip.open(tmp_path / "10x" / "matrix.mtx.gz", "rt") as file:
        assert file.readline() == "%%MatrixMarket matrix coordinate integer general\n"
        assert json.loads(file.readline().removeprefix("%metadata_json:"))["format_version"] == 2
        assert file.readline() == f"{GENES} {CELLS} {np.count_nonzero(dense(parcel, 'counts'))}\n"


def test_a_table_beside_it_tells_of_the_cells(parcel, tmp_path):
    tenx.write_tenx(parcel, tmp_path / "10x", ignore)
    cells = pd.read_csv(tmp_path / "10x" / "cells.csv.gz", index_col="barcode", float_precision="round_trip")
    assert list(cells.index) == parcel.contents.barcodes
    assert list(cells["samples"][:2]) == ["sample/a", "Probe ß"]
    assert {"pca_5", "umap_1", "umap_2", "one/dimension_1"} <= set(cells.columns)
    assert_array_equal(cells["umap_2"], parcel.contents.reductions[1].values[:, 1])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a-1", "a"], ["a", "a-2", "a-1", "a-3"]),
        (["a-1", "a", "a"], ["a-1", "a", "a-2"]),
    ],
)
def test_names_are_told_apart(names, expected):
    assert distinct(names) == expected


def test_names_become_keys():
    assert keys(["a/b", "a_b", "", ".", "_index"]) == ["a_b", "a_b-1", "_", "._", "_index_"]


def test_a_disk_that_fills_ends_a_file_in_peace():
    def write() -> None:
        with new_file(Path("/dev/full")) as (file, check):
            file["numbers"] = np.arange(1e6)
            file.flush()
            check()

    with pytest.raises(OSError, match="No space left"):
        write()


def test_parcels_are_compared_in_full(parcel, tmp_path):
    other = awkward_parcel(tmp_path / "other")
    assert_same(parcel, other)
    first, *others = other.contents.columns
    changed = replace(first, values=1 - first.values)
    write_contents(
        tmp_path / "other", other.contents.__class__(**(vars(other.contents) | {"columns": [changed, *others]}))
    )
    with pytest.raises(AssertionError):
        assert_same(parcel, Parcel(tmp_path / "other"))


def test_matrices_are_compressed_in_pieces(h5ad_file):
    with h5py.File(h5ad_file) as file:
        for name in ("X/data", "X/indices", "layers/counts/data"):
            assert file[name].compression == "gzip"
