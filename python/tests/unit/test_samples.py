"""Samples, and the table that tells of them."""

import numpy as np
import pytest

from helpers.data_sets import anndata_of, small_counts, write_folder, write_table, write_text
from helpers.reading import column, packed, refused
from tandem.exchange.inputs import find_samples_table
from tandem.exchange.parcel import Column
from tandem.exchange.samples import read_samples, track_columns


@pytest.fixture
def study(tmp_path):
    for number, name in enumerate(("left", "right")):
        write_folder(tmp_path / "study" / name, small_counts(seed=number))
    return tmp_path / "study"


@pytest.fixture
def table(tmp_path):
    return lambda text: write_text(tmp_path / "samples.csv", text)


def test_a_table_gives_tracks(tmp_path, study, table):
    samples = table("Sample ID,sex,age\nright,f,10\nleft,m,9\n")
    parcel, _, _ = packed(tmp_path, study, samples=samples)
    assert column(parcel, "sex") == ["m"] * 30 + ["f"] * 30
    ages = next(one for one in parcel.contents.columns if one.name == "age")
    assert ages.kind == "category"
    assert ages.levels == ("9", "10")
    assert [one.name for one in parcel.contents.columns] == ["samples", "sex", "age"]


def test_a_table_may_be_of_semicolons(tmp_path, study, table):
    parcel, _, _ = packed(tmp_path, study, samples=table("sample;dose\nright;0,5\nleft;1\n"))
    assert column(parcel, "dose") == ["1"] * 30 + ["0,5"] * 30


def test_a_sample_may_lack_a_value(tmp_path, study, table):
    parcel, _, _ = packed(tmp_path, study, samples=table("sample\tsex\nright\t\nleft\tm\n"))
    assert column(parcel, "sex") == ["m"] * 30 + [None] * 30


def test_samples_may_be_called_as_their_files(tmp_path, study, table):
    (study / "left").rename(study / "GSM1_left")
    parcel, _, _ = packed(tmp_path, study, samples=table("name,sex\nright,f\nGSM1_left,m\n"))
    assert set(column(parcel, "samples")) == {"left", "right"}


def test_samples_may_be_those_of_a_column(tmp_path, table):
    data = anndata_of(small_counts(), obs={"batch": ["1", "2"] * 15, "donor": ["d1", "d2", "d3"] * 10})
    data.write_h5ad(tmp_path / "s.h5ad")
    parcel, facts, _ = packed(tmp_path, tmp_path / "s.h5ad", samples=table("donor,sex\nd1,m\nd2,f\nd3,f\n"))
    assert facts["samples"] == {"d1": 10, "d2": 10, "d3": 10}
    assert column(parcel, "sex")[:3] == ["m", "f", "f"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sample,sex\nleft,m\n", "cells without sample: it has no line for 'right', only for 'left'"),
        ("sample,sex\nleft,m\nright,f\nmid,f\nup,f\n", "there are no cells of 'mid', 'up'; the data has 'left'"),
        ("sample,sex\nleft,m\nleft,f\n", "samples are there twice: 'left'"),
        ("sample,sex,sex\nleft,m,m\nright,f,f\n", "headings are there twice: 'sex'"),
        ("sample,sex\nleft,m\nright\n", "line 3 has 1 fields, not 2"),
        ("sample,sex\nleft,m\n,f\n", "line 3 names no sample"),
        ("sample,sex\n", "it should have a line of headings and a line for each sample"),
        ("", "it should have a line of headings and a line for each sample"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_table_is_said(tmp_path, study, table, text, sentence):
    assert sentence in refused(tmp_path, study, samples=table(text))


def test_cells_without_sample_are_refused(tmp_path):
    counts = small_counts()
    anndata_of(counts, obs={"sample": ["a", "b", None] * 10}).write_h5ad(tmp_path / "s.h5ad")
    message = refused(tmp_path, tmp_path / "s.h5ad")
    assert (
        f"10 cells without sample: the column 'sample' says nothing of them (the first is {counts.barcodes[2]})"
        in message
    )


def test_one_project_is_no_sample(tmp_path):
    anndata_of(small_counts(), obs={"orig.ident": ["SeuratProject"] * 30}).write_h5ad(tmp_path / "s.h5ad")
    _, facts, _ = packed(tmp_path, tmp_path / "s.h5ad")
    assert facts["samples"] == {"s": 30}


def test_a_table_among_the_samples_is_found_and_is_no_sample(tmp_path, study):
    table = write_text(study / "metadata.csv", "sample,sex\nleft,m\nright,f\n")
    assert find_samples_table([study]) == table
    assert find_samples_table([study / "left"]) is None
    _, facts, _ = packed(tmp_path, study, samples=table)
    assert facts["samples"] == {"left": 30, "right": 30}


def test_a_table_among_tables_is_no_counts(tmp_path):
    for number, name in enumerate(("left", "right")):
        write_table(tmp_path / "study" / f"{name}.csv", small_counts(seed=number))
    table = write_text(tmp_path / "study/samples.tsv", "sample\tsex\nleft\tm\nright\tf\n")
    parcel, _, _ = packed(tmp_path, tmp_path / "study", samples=table)
    assert column(parcel, "sex") == ["m"] * 30 + ["f"] * 30


def test_names_of_any_length_and_number_are_read(tmp_path):
    names = ["9" * 5000, "_" * 100_000 + "x", *(f"s{number}" for number in range(30_000))]
    path = write_text(tmp_path / "samples.csv", "sample,n\n" + "".join(f"{name},{name}\n" for name in names))
    samples = Column("samples", "category", np.arange(len(names), dtype=np.int32), tuple(names))
    (track,) = track_columns(samples, read_samples(path))
    assert [track.levels[value] for value in track.values] == names
    assert track.levels[0] == "9" * 5000, "the largest number comes before all words"
