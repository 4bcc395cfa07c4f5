"""Cell sets that a data set brings along are kept where they hold, and made anew where they do not."""

import json

import numpy as np
import pytest

from helpers.data_sets import anndata_of, small_counts, write_text
from helpers.reading import column, packed
from tandem.exchange.given_sets import fault_in_cell_sets

IDS = range(0, 60, 2)


def sets_text(*children, **fields):
    """The text of one class of sets."""
    group = {"key": "louvain", "name": "Clusters", "rootNode": True, "type": "cellSets", "children": children}
    return json.dumps({"cellSets": [group | fields]})


def a_set(**fields):
    return {"key": "louvain-0", "name": "One", "color": "#112233", "cellIds": [0, 2, 58]} | fields


@pytest.mark.parametrize(
    "text",
    [sets_text(), sets_text(a_set()), sets_text(a_set(), a_set(key="louvain-1")), sets_text(a_set(name="Größe <b>"))],
)
def test_sound_ones_are_kept(text):
    assert fault_in_cell_sets(text, IDS) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"cellSets": [', "they are damaged"),
        ("[" * 200_000, "they are damaged"),
        ("[]", "they are damaged"),
        ('{"cellSets": {"a": 1}}', "they are damaged"),
        ('{"cellSets": [null]}', "they are damaged"),
        (sets_text(key=5), "they are damaged"),
        (sets_text(children="abc"), "they are damaged"),
        (sets_text(a_set(cellIds=[0.5])), "they are damaged"),
        (sets_text(a_set(cellIds=[True])), "they are damaged"),
        (sets_text(a_set(color=float("nan"))), "they are damaged"),
        (sets_text(a_set(name="\ud800")), "they are damaged"),
        (sets_text(a_set(), a_set()), "two of them have the same key"),
        (sets_text(a_set(key="louvain")), "two of them have the same key"),
        (sets_text(a_set(cellIds=[0, 1])), "they name cells that are not there"),
        (sets_text(a_set(cellIds=[-2])), "they name cells that are not there"),
        (sets_text(a_set(name=["a", "b"])), "they are of another form"),
        (sets_text(a_set(name=7)), "they are of another form"),
        (sets_text(a_set(children=[])), "they are of another form"),
        (sets_text(more={"deep": {}}), "they are of another form"),
        (sets_text(name="n" * (17 << 20)), "they are far longer than those of so many cells"),
    ],
)
def test_what_does_not_hold_is_told(text, fault):
    assert fault_in_cell_sets(text, IDS) == fault


def read(tmp_path, obs, text, samples=None):
    data = anndata_of(small_counts(), obs=obs)
    data.uns["tandem"] = {"cell_sets": text}
    data.write_h5ad(tmp_path / "ours.h5ad")
    return packed(tmp_path, tmp_path / "ours.h5ad", samples=samples)[0]


def test_a_data_set_whose_cell_sets_do_not_hold_is_read_without_them(tmp_path):
    parcel = read(tmp_path, {"cells_id": np.arange(30)}, sets_text(a_set()))
    assert parcel.contents.cell_sets is None
    assert parcel.contents.notes["warnings"][-1] == (
        "the cell sets in it were made anew: they name cells that are not there"
    )


@pytest.mark.parametrize("ids", [np.arange(30) + 2**31, np.zeros(30), np.arange(30) - 1.0, ["a", "b"] * 15])
def test_what_cannot_be_ids_of_cells_is_left_out_with_the_cell_sets(tmp_path, ids):
    parcel = read(tmp_path, {"cells_id": ids}, sets_text())
    assert [one.name for one in parcel.contents.columns] == ["samples"]
    assert parcel.contents.cell_sets is None
    assert parcel.contents.notes["warnings"][-1].endswith("the cells have no ids")


def test_a_table_of_samples_is_shown_rather_than_the_cell_sets_of_before(tmp_path):
    table = write_text(tmp_path / "samples.csv", "sample,condition\nours,treated\n")
    parcel = read(tmp_path, {"cells_id": np.arange(30) * 2}, sets_text(a_set()), samples=table)
    assert column(parcel, "condition") == ["treated"] * 30
    assert parcel.contents.cell_sets is None
