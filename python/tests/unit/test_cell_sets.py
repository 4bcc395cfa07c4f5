"""The named sets of cells: found by exact keys, read once, never changed by being asked."""

import copy
import json

import pytest

from helpers.asking import classes
from tandem.errors import InvalidRequest
from tandem.experiments.cell_sets import CellSets

SETS = classes(
    louvain={"louvain-0": [0, 1, 2], "louvain-1": [3, 4]},
    size={"size-small": [0, 3], "size-large": [1, 4]},
    scratchpad={"mine": [1, 2, 3], "yours": [3, 4, 5]},
    empty={},
)


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("louvain-0", {0, 1, 2}),
        ("louvain/louvain-0", {0, 1, 2}),
        ("louvain", {0, 1, 2, 3, 4}),
        ("size-small", {0, 3}),
        ("empty", set()),
    ],
)
def test_a_key_names_a_set_or_all_sets_of_a_class(key, cells):
    assert SETS.ids(key) == cells


@pytest.mark.parametrize("key", ["louvain-", "louvain/", "size/louvain-0", "small", "", "Louvain", "all", "rest"])
def test_a_key_is_taken_exactly(key):
    with pytest.raises(InvalidRequest, match=f"'{key}'"):
        SETS.ids(key)


def test_keys_may_have_slashes_of_their_own():
    sets = classes(**{"wt/ko": {"wt/ko-a/b": [1]}})

    assert sets.ids("wt/ko-a/b") == sets.ids("wt/ko/wt/ko-a/b") == sets.ids("wt/ko") == {1}


def test_of_equal_keys_the_class_tells_apart():
    sets = classes(first={"same": [1]}, second={"same": [2]})

    assert sets.ids("same") == {1}
    assert sets.ids("second/same") == {2}


def test_siblings_are_the_other_sets_of_the_class():
    assert SETS.siblings_ids("louvain-0") == {3, 4}
    assert SETS.siblings_ids("scratchpad/mine") == {3, 4, 5}
    assert SETS.siblings_ids("louvain") == set()


def test_all_cells_are_those_in_any_set():
    assert SETS.all_ids == {0, 1, 2, 3, 4, 5}


def test_a_class_is_told_with_what_analyses_look_at():
    assert SETS.class_object("size") == {
        "key": "size",
        "name": "all of size",
        "type": "cellSets",
        "children": [
            {"key": "size-small", "name": "set size-small", "cellIds": [0, 3]},
            {"key": "size-large", "name": "set size-large", "cellIds": [1, 4]},
        ],
    }
    assert [group["key"] for group in SETS.class_objects()] == ["louvain", "size", "scratchpad", "empty"]
    with pytest.raises(InvalidRequest, match="no class of cell sets 'size-small'"):
        SETS.class_object("size-small")


def test_what_has_no_name_goes_by_its_key():
    sets = CellSets.from_json('{"cellSets": [{"key": "a", "children": [{"key": "b", "cellIds": null}]}, {"key": "c"}]}')

    assert sets.class_object("a") == {
        "key": "a",
        "name": "a",
        "type": "cellSets",
        "children": [{"key": "b", "name": "b", "cellIds": []}],
    }
    assert sets.class_object("c")["children"] == []
    assert sets.ids("c") == sets.ids("b") == set()


@pytest.mark.parametrize("ids", [5, "5", [1, "2"], [1.5], [True], [[1]], {"1": 2}])
def test_cells_that_are_no_list_of_whole_numbers_are_refused(ids):
    sets = CellSets.from_json(json.dumps({"cellSets": [{"key": "a", "children": [{"key": "b", "cellIds": ids}]}]}))

    with pytest.raises(InvalidRequest, match="'b'"):
        sets.ids("a")


def test_asking_changes_nothing():
    sets = classes(louvain={"a": [3, 1], "b": [1, 2]})
    before = copy.deepcopy(sets.classes)

    for _ in range(2):
        sets.ids("louvain"), sets.siblings_ids("a"), sets.children_ids("louvain"), sets.all_ids, sets.class_objects()
        assert sets.ids("a") == {1, 3}

    assert sets.classes == before
