"""Several sources become one parcel."""

import errno
import gzip

import numpy as np
import pandas as pd
import pytest

from helpers.data_sets import anndata_of, small_counts, write_folder, write_h5, write_text
from helpers.reading import column, packed, refused
from tandem.errors import InputUnusable
from tandem.exchange.inputs import find_sources
from tandem.exchange.packing import pack
from tandem.exchange.workspace import Workspace


def test_genes_are_the_union_in_order_of_appearance(tmp_path):
    one, other = small_counts(), small_counts(seed=1)
    other.ids[:3] = ["ENSG99999999991", "ENSG99999999992", "ENSG99999999993"]
    parcel, facts, found = packed(tmp_path, write_folder(tmp_path / "a", one), write_h5(tmp_path / "b.h5", other))
    assert parcel.contents.gene_ids == one.ids + other.ids[:3]
    assert facts["notes"]["format"] == "10x folder, 10x h5"
    dense = found.toarray()
    assert (dense[:30, :40] == one.matrix.toarray()).all()
    assert (dense[30:, 3:40] == other.matrix.toarray()[:, 3:]).all()
    assert (dense[30:, 40:] == other.matrix.toarray()[:, :3]).all()
    assert not dense[:30, 40:].any()
    assert not dense[30:, :3].any()


def test_columns_are_merged(tmp_path):
    one = anndata_of(small_counts(), obs={"type": ["B", "T"] * 15, "age": np.arange(30.0), "mixed": np.arange(30)})
    other = anndata_of(small_counts(seed=1), obs={"type": ["T", "NK"] * 15, "flag": [True] * 30, "mixed": ["x"] * 30})
    one.obs["type"] = pd.Categorical(one.obs["type"])
    one.uns["type_colors"] = ["#111111", "#222222"]
    one.obsm["X_umap"] = np.zeros((30, 2))
    for name, data in (("one", one), ("other", other)):
        data.write_h5ad(tmp_path / f"{name}.h5ad")
    parcel, facts, _ = packed(tmp_path, tmp_path / "one.h5ad", tmp_path / "other.h5ad")
    assert column(parcel, "type")[:2] == ["B", "T"]
    assert column(parcel, "type")[30:32] == ["T", "NK"]
    assert column(parcel, "flag") == [-1] * 30 + [1] * 30
    assert np.isnan(column(parcel, "age")[30:]).all()
    assert column(parcel, "mixed")[0] == "0"
    assert column(parcel, "mixed")[-1] == "x"
    assert not parcel.contents.reductions
    assert facts["notes"]["analysed"] is False
    assert "one: counts were read from X" in facts["notes"]["warnings"]


def test_names_of_samples_are_made_unique(tmp_path):
    paths = [write_h5(tmp_path / folder / "s.h5", small_counts(seed=at)) for at, folder in enumerate("ab")]
    _, facts, _ = packed(tmp_path, *paths)
    assert facts["samples"] == {"s": 30, "s-2": 30}


def test_barcodes_that_are_there_twice_are_told_apart(tmp_path):
    counts = small_counts()
    counts.barcodes[:4] = ["A", "A", "A-2", "A"]
    parcel, facts, _ = packed(tmp_path, write_h5(tmp_path / "s.h5", counts))
    assert parcel.contents.barcodes[:4] == ["A", "A-3", "A-2", "A-4"]
    assert facts["notes"]["warnings"] == ["barcodes that were there twice have a number added"]


def test_sources_without_a_gene_in_common_are_refused(tmp_path):
    other = small_counts()
    other.ids = [f"ENSMUSG{number:011d}" for number in range(40)]
    message = refused(tmp_path, write_h5(tmp_path / "a.h5", small_counts()), write_h5(tmp_path / "b.h5", other))
    assert "b.h5 cannot be imported: it shares no gene with a.h5: its genes are named as ENSMUSG00000000000" in message


def test_the_listener_hears_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("tandem.exchange.readers.tenx_h5.BLOCK_ENTRIES", 400)
    heard = []
    sources = find_sources([write_h5(tmp_path / "s.h5", small_counts())], Workspace(tmp_path, tmp_path))
    (tmp_path / "parcel").mkdir()
    pack(sources, None, tmp_path / "parcel", lambda done, total: heard.append((done, total)))
    assert len(heard) > 1
    assert heard == sorted(heard)
    assert heard[-1] == (30, 30)


@pytest.mark.parametrize("name", ["nothing.h5", "nothing"])
def test_a_path_that_is_not_there_is_refused(tmp_path, name):
    assert "there is no such file or folder" in refused(tmp_path, tmp_path / name)


def test_a_folder_without_data_is_refused(tmp_path):
    write_text(tmp_path / "empty/readme.pdf", "x")
    assert "there is nothing in it to import; known are a 10x folder" in refused(tmp_path, tmp_path / "empty")


def test_samples_may_be_links_and_a_link_to_the_folder_itself_is_passed_over(tmp_path):
    write_folder(tmp_path / "far/one", small_counts())
    (tmp_path / "study").mkdir()
    (tmp_path / "study/left").symlink_to(tmp_path / "far/one")
    (tmp_path / "study/again").symlink_to(tmp_path / "study")
    _, facts, _ = packed(tmp_path, tmp_path / "study")
    assert facts["samples"] == {"left": 30}


def test_a_workspace_of_r_is_refused(tmp_path):
    (tmp_path / "s.rds").write_bytes(gzip.compress(b"RDX3\nX\n\0\0\0\3"))
    assert "it is a workspace of R; save the object alone with saveRDS" in refused(tmp_path, tmp_path / "s.rds")


def test_a_matrix_of_another_name_is_told_its_name(tmp_path):
    path = write_text(tmp_path / "expression.mtx", "%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 1\n")
    assert "it is a Matrix Market file; call it matrix.mtx" in refused(tmp_path, path)


def test_a_folder_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()

    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.iterdir", denied)
    assert refused(tmp_path, tmp_path / "closed") == f"{tmp_path}/closed cannot be imported: you may not read it."


def test_what_lies_beside_the_three_files_of_a_sample_was_made_of_them(tmp_path):
    write_folder(tmp_path / "demo", small_counts())
    write_folder(tmp_path / "demo" / "store", small_counts(seed=1))
    write_h5(tmp_path / "demo" / "r.h5", small_counts(seed=2))
    [source] = find_sources([tmp_path / "demo"], Workspace(tmp_path, tmp_path))
    assert source.format == "10x folder"


def test_of_an_experiment_its_object_is_read(tmp_path):
    (tmp_path / "r.rds").write_text("no object")
    write_folder(tmp_path / "store", small_counts())
    with pytest.raises(InputUnusable, match=r"r\.rds"):
        find_sources([tmp_path], Workspace(tmp_path / "work", tmp_path))
