"""AnnData files."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from helpers.data_sets import anndata_of, small_counts
from helpers.reading import column, packed, refused, same_counts


@pytest.fixture
def counts():
    return small_counts()


def normalised(counts):
    return np.log1p(counts.matrix.toarray()).astype("float32")


def written(tmp_path, data):
    data.write_h5ad(tmp_path / "s.h5ad")
    return tmp_path / "s.h5ad"


def named(parcel, name):
    return next(one for one in parcel.contents.columns if one.name == name)


def test_what_is_known_of_cells_is_kept(tmp_path, counts):
    obs = {
        "leiden": pd.Categorical(["0", "1", "10"] * 10, categories=["0", "1", "10", "2"]),
        "donor": ["b", "a", None] * 10,
        "batch": ["x", "y"] * 15,
        "doublet": [True, False] * 15,
        "maybe": pd.array([True, None] * 15, dtype="boolean"),
        "age": pd.array([3, None] * 15, dtype="Int64"),
        "score": np.arange(30) / 7,
        "nothing": [np.nan] * 30,
        "cell": counts.barcodes,
    }
    data = anndata_of(counts, obs=obs)
    data.uns["leiden_colors"] = ["#111111", "#222222", "#333333ff", "#444444"]
    data.obsm["X_pca"] = np.arange(90.0).reshape(30, 3)
    data.obsm["X_umap"] = np.arange(60.0, dtype="float32").reshape(30, 2)
    parcel, facts, _ = packed(tmp_path, written(tmp_path, data))
    assert facts["samples"] == {"x": 15, "y": 15}
    assert column(parcel, "leiden")[:4] == ["0", "1", "10", "0"]
    assert column(parcel, "seurat_clusters") == column(parcel, "leiden")
    assert named(parcel, "leiden").levels == ("0", "1", "10")
    assert named(parcel, "leiden").colours == ("#111111", "#222222", "#333333")
    assert column(parcel, "donor")[:3] == ["b", "a", None]
    assert column(parcel, "doublet")[:2] == [1, 0]
    assert column(parcel, "maybe")[:2] == [1, -1]
    assert column(parcel, "age")[0] == 3
    assert np.isnan(column(parcel, "age")[1])
    assert column(parcel, "score") == (np.arange(30) / 7).tolist()
    assert {one.name: one.values.shape for one in parcel.contents.reductions} == {"pca": (30, 3), "umap": (30, 2)}
    assert parcel.contents.reductions[0].values[1].tolist() == [3, 4, 5]
    assert facts["notes"]["analysed"] is True
    assert parcel.contents.gene_ids == counts.ids
    assert parcel.contents.gene_names == counts.names


def test_a_text_that_differs_in_each_cell_is_left_out_and_said(tmp_path):
    counts = small_counts(cells=1200, genes=5)
    parcel, facts, _ = packed(tmp_path, written(tmp_path, anndata_of(counts, obs={"cell": counts.barcodes})))
    assert [one.name for one in parcel.contents.columns] == ["samples"]
    assert "columns left out, as they divide no cells: cell" in facts["notes"]["warnings"]


@pytest.mark.parametrize("place", ["layers/counts", "raw/X"])
@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_matrix.toarray])
def test_counts_are_found_beside_normalised_values(tmp_path, counts, place, form):
    data = anndata_of(counts, normalised(counts))
    if place == "raw/X":
        data.X = form(counts.matrix.astype("float32"))
        data.raw = data
        data = data[:, 5:].copy()
        data.X = normalised(counts)[:, 5:]
    else:
        data.layers["counts"] = form(counts.matrix)
    parcel, facts, found = packed(tmp_path, written(tmp_path, data))
    assert same_counts(found, counts.matrix)
    assert parcel.contents.gene_ids == counts.ids
    assert f"counts were read from {place}" in facts["notes"]["warnings"]


def test_a_normalised_raw_matrix_is_passed_over(tmp_path, counts):
    data = anndata_of(counts, normalised(counts))
    data.raw = data
    data.X = counts.matrix.astype("float32")
    _, facts, found = packed(tmp_path, written(tmp_path, data))
    assert same_counts(found, counts.matrix)
    assert facts["notes"]["warnings"] == ["counts were read from X"]


def test_values_that_are_no_counts_are_refused(tmp_path, counts):
    message = refused(tmp_path, written(tmp_path, anndata_of(counts, normalised(counts))))
    assert "there are no counts: X holds normalised, scaled or estimated values (the first is 0.6931)" in message
    assert "with its raw counts in layers['counts']" in message
    assert message.endswith(".")


def test_all_places_without_counts_are_named(tmp_path, counts):
    data = anndata_of(counts, normalised(counts))
    data.raw = data
    assert "there are no counts: raw/X and X hold normalised" in refused(tmp_path, written(tmp_path, data))


def test_one_value_that_is_no_count_is_found_while_reading(tmp_path, monkeypatch):
    counts = small_counts(cells=200)
    monkeypatch.setattr("tandem.exchange.hdf5.SAMPLED_VALUES", 10)
    matrix = counts.matrix.astype("float32")
    matrix.data[matrix.nnz // 3] = 2.5
    assert "X holds normalised, scaled or estimated values (the first is 2.5)" in refused(
        tmp_path, written(tmp_path, anndata_of(counts, matrix))
    )


def test_blocks_are_put_together_right(tmp_path, monkeypatch):
    counts = small_counts(cells=200)
    for name in ("hdf5", "spill"):
        monkeypatch.setattr(f"tandem.exchange.{name}.BLOCK_ENTRIES", 300)
    monkeypatch.setattr("tandem.exchange.hdf5.DENSE_VALUES", 700)
    for number, form in enumerate((sparse.csr_matrix, sparse.csc_matrix, sparse.csr_matrix.toarray)):
        folder = tmp_path / str(number)
        folder.mkdir()
        _, _, found = packed(folder, written(folder, anndata_of(counts, form(counts.matrix))))
        assert same_counts(found, counts.matrix)


def test_our_own_cell_sets_come_back(tmp_path, counts):
    sets = {"cellSets": [{"key": "scratchpad", "name": "Custom cell sets", "children": []}]}
    data = anndata_of(counts, obs={"cells_id": np.arange(30) * 2, "samples": ["a", "b"] * 15})
    data.uns["tandem"] = {"cell_sets": json.dumps(sets)}
    parcel, facts, _ = packed(tmp_path, written(tmp_path, data))
    assert json.loads(parcel.contents.cell_sets) == sets
    assert column(parcel, "cells_id")[:3] == [0, 2, 4]
    assert facts["samples"] == {"a": 15, "b": 15}


def test_ids_of_cells_that_are_none_are_left_out(tmp_path, counts):
    data = anndata_of(counts, obs={"cells_id": [1.5] * 30})
    data.uns["tandem"] = {"cell_sets": "{}"}
    parcel, _, _ = packed(tmp_path, written(tmp_path, data))
    assert [one.name for one in parcel.contents.columns] == ["samples"]
    assert parcel.contents.cell_sets is None


@pytest.mark.parametrize("kind", ["float16", ">f8", ">i4", "uint8", "bool", "int64"])
def test_counts_may_be_of_any_type(tmp_path, counts, kind):
    ones = counts.matrix.toarray().clip(max=1)
    for number, matrix in enumerate((sparse.csr_matrix(ones), ones)):
        path = written(tmp_path, anndata_of(counts, matrix))
        with h5py.File(path, "r+") as file:
            name = "X/data" if number == 0 else "X"
            values, kept = file[name][()].astype(kind), dict(file[name].attrs)
            del file[name]
            file[name] = values
            file[name].attrs.update(kept)
        folder = tmp_path / str(number)
        folder.mkdir()
        _, _, found = packed(folder, path)
        assert (found.toarray() == ones).all()


def test_names_of_genes_may_be_the_ids(tmp_path, counts):
    data = anndata_of(counts)
    data.var = pd.DataFrame({"feature_name": pd.Categorical(counts.names)}, index=pd.Index(counts.ids))
    parcel, _, _ = packed(tmp_path, written(tmp_path, data))
    assert parcel.contents.gene_ids == counts.ids
    assert parcel.contents.gene_names == counts.names


def test_numbers_behind_names_that_were_there_twice_go(tmp_path, counts):
    data = anndata_of(counts)
    data.var_names = ["TBCE", "TBCE-1", *counts.names[2:]]
    parcel, _, _ = packed(tmp_path, written(tmp_path, data))
    assert parcel.contents.gene_names[:2] == ["TBCE", "TBCE"]


def test_genes_without_other_names_go_by_them(tmp_path, counts):
    data = anndata_of(counts)
    del data.var["gene_ids"]
    data.var["mean"] = 1.5
    parcel, _, _ = packed(tmp_path, written(tmp_path, data))
    assert parcel.contents.gene_ids == parcel.contents.gene_names == counts.names


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_names_that_stand_for_several_genes_are_refused(tmp_path, counts):
    data = anndata_of(counts)
    del data.var["gene_ids"]
    data.var_names = ["RPL1", "RPL1", *counts.names[2:]]
    assert "gene names duplicated: RPL1 stand" in refused(tmp_path, written(tmp_path, data))


def test_a_file_of_an_old_version_is_read(tmp_path, counts):
    kinds = np.dtype([("index", "S40"), ("batch", "i1"), ("n_counts", "f4")])
    obs = np.array([(name, at % 2, at) for at, name in enumerate(counts.barcodes)], kinds)
    var = np.array(list(zip(counts.names, counts.ids, strict=True)), [("index", "S40"), ("gene_ids", "S40")])
    umap = np.array([(row,) for row in np.ones((30, 2))], [("X_umap", "f4", (2,))])
    with h5py.File(tmp_path / "s.h5ad", "w") as file:
        file["obs"], file["var"], file["obsm"] = obs, var, umap
        file["uns/batch_categories"] = np.array(["first", "second"], "S")
        group = file.create_group("X")
        group.attrs["h5sparse_format"], group.attrs["h5sparse_shape"] = "csr", counts.matrix.shape
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(counts.matrix, name)
    parcel, facts, found = packed(tmp_path, tmp_path / "s.h5ad")
    assert same_counts(found, counts.matrix)
    assert facts["samples"] == {"first": 15, "second": 15}
    assert parcel.contents.gene_ids == counts.ids
    assert parcel.contents.reductions[0].name == "umap"


def test_a_file_of_the_version_after_it_is_read(tmp_path, counts):
    """Version 0.7 kept the levels of all categories beside the columns."""
    text = h5py.string_dtype()
    with h5py.File(tmp_path / "s.h5ad", "w") as file:
        for name, index in (("obs", counts.barcodes), ("var", counts.names), ("raw/var", counts.names)):
            group = file.create_group(name)
            group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.1.0", "_index": "_index"})
            group.attrs["column-order"] = np.array(["leiden"] if name == "obs" else ["gene_ids"], text)
            group["_index"] = np.array(index, text)
            if name == "obs":
                group["leiden"] = np.arange(30, dtype="i1") % 2
                group["__categories/leiden"] = np.array(["a", "b"], text)
                group["leiden"].attrs["categories"] = group["__categories/leiden"].ref
            else:
                group["gene_ids"] = np.array(counts.ids, text)
        file["X"] = normalised(counts)
        group = file.create_group("raw/X")
        group.attrs.update({"encoding-type": "csc_matrix", "encoding-version": "0.1.0", "shape": counts.matrix.shape})
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(counts.matrix.tocsc(), name)
    parcel, _, found = packed(tmp_path, tmp_path / "s.h5ad")
    assert same_counts(found, counts.matrix)
    assert parcel.contents.gene_ids == counts.ids
    assert column(parcel, "seurat_clusters") == ["a", "b"] * 15


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, counts, part):
    path = written(tmp_path, anndata_of(counts))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert "its HDF5 is truncated: a part of it is missing; fetch it again" in refused(tmp_path, path)


def test_a_damaged_file_is_refused_and_never_a_surprise(tmp_path, counts):
    random = np.random.default_rng(3)
    whole = written(tmp_path, anndata_of(counts)).read_bytes()
    outcomes = set()
    for number in range(8):
        folder = tmp_path / str(number)
        folder.mkdir()
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[random.integers(8, len(whole), 40)] = random.integers(0, 256, 40)
        (folder / "s.h5ad").write_bytes(damaged.tobytes())
        try:
            packed(folder, folder / "s.h5ad")
            outcomes.add("read")
        except Exception as error:
            outcomes.add(type(error).__name__)
    assert outcomes <= {"read", "InputUnusable"}
    assert "InputUnusable" in outcomes


def test_embeddings_have_names_of_their_own(tmp_path, counts):
    data = anndata_of(counts)
    for name, size in (("X_umap", 2), ("umap", 3), ("X_", 2), ("X_pca", 4)):
        data.obsm[name] = np.full((30, size), float(size))
    parcel, _, _ = packed(tmp_path, written(tmp_path, data))
    assert {one.name: one.values.shape[1] for one in parcel.contents.reductions} == {"umap": 2, "pca": 4}
