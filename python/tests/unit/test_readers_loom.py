"""Loom files."""

import h5py
import numpy as np
import pytest

from helpers.data_sets import small_counts, write_loom
from helpers.reading import column, packed, refused, same_counts


@pytest.fixture
def counts():
    return small_counts()


def test_what_is_known_of_cells_is_kept(tmp_path, counts):
    cells = {
        "ClusterName": np.array([b"a", b"b"] * 15),
        "clusters": np.arange(30) % 3,
        "age": np.arange(30.0),
        "_X": np.arange(30.0),
        "_Y": np.arange(30.0) + 1,
        "X_umap": np.ones((30, 2)),
    }
    parcel, facts, found = packed(tmp_path, write_loom(tmp_path / "s.loom", counts, cells=cells))
    assert same_counts(found, counts.matrix)
    assert column(parcel, "ClusterName")[:2] == ["a", "b"]
    assert column(parcel, "seurat_clusters")[:3] == ["0", "1", "2"]
    assert column(parcel, "age")[:2] == [0, 1]
    assert {one.name: one.values[1].tolist() for one in parcel.contents.reductions} == {
        "layout": [1, 2],
        "umap": [1, 1],
    }
    assert facts["notes"]["analysed"] is True


def test_counts_may_lie_in_a_layer(tmp_path, counts):
    dense = counts.matrix.T.toarray()
    path = write_loom(tmp_path / "s.loom", counts, matrix=np.log1p(dense), layers={"counts": dense})
    _, facts, found = packed(tmp_path, path)
    assert same_counts(found, counts.matrix)
    assert "counts were read from layers/counts" in facts["notes"]["warnings"]


def test_values_that_are_no_counts_are_refused(tmp_path, counts):
    path = write_loom(tmp_path / "s.loom", counts, matrix=np.log1p(counts.matrix.T.toarray()))
    assert "there are no counts: matrix holds normalised" in refused(tmp_path, path)


def test_an_attribute_of_another_length_is_refused(tmp_path, counts):
    path = write_loom(tmp_path / "s.loom", counts, cells={"age": np.arange(29)})
    assert "col_attrs/age has 29 values but the matrix has 30" in refused(tmp_path, path)


def test_cells_need_names(tmp_path, counts):
    counts.barcodes = counts.barcodes[:29]
    assert "col_attrs/CellID has 29 values" in refused(tmp_path, write_loom(tmp_path / "s.loom", counts))


@pytest.mark.parametrize(("place", "shape"), [("row_attrs/Gene", (40, 2)), ("col_attrs/CellID", (30, 2))])
def test_two_names_for_each_are_refused(tmp_path, counts, place, shape):
    path = write_loom(tmp_path / "s.loom", counts)
    with h5py.File(path, "r+") as file:
        del file[place]
        file[place] = np.full(shape, b"x")
    assert f"{place} has more than one name for each of its" in refused(tmp_path, path)
