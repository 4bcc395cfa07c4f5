"""Operations on cell sets end as npm's json-merger 3.0.0 ends them (the goldens are its), or in a sentence."""

import copy
import json
from pathlib import Path

import pytest

from tandem.errors import InvalidRequest
from tandem.experiments.merger import merged
from tandem.experiments.soundness import check

GOLDENS = json.loads((Path(__file__).parent / "goldens" / "json_merger.json").read_text())
BEFORE = GOLDENS["before"]


def on(key, value):
    return {"$match": {"query": f'$[?(@.key == "{key}")]', "value": value}}


def cell_set(key="new", **more):
    return {"key": key, "name": "New", "color": "#3957ff", "cellIds": [0, 5], **more}


def add(entry, to="scratchpad"):
    return [on(to, {"children": [{"$insert": {"index": "-", "value": entry}}]})]


@pytest.mark.parametrize("golden", GOLDENS["cases"], ids=lambda golden: golden["name"])
def test_operations_do_what_json_merger_does(golden):
    before = copy.deepcopy(BEFORE)

    assert merged(before, golden["operations"]) == golden["after"]
    assert before == BEFORE, "what was there before is left as it is"


def test_cells_given_anew_take_the_place_of_those_before_and_do_not_mix_with_them():
    after = merged(BEFORE, [on("louvain", {"children": [on("c0", {"cellIds": [9]})]})])

    assert after[0]["children"][0]["cellIds"] == [9]


def test_a_change_of_what_is_not_there_is_not_lost_in_silence():
    for operations in (
        [on("none", {"name": "x"})],
        add(cell_set(), to="none"),
        [on("louvain", {"children": [on("c9", {"color": "#000"})]})],
    ):
        with pytest.raises(InvalidRequest, match=r"there is no cell set '(none|c9)'"):
            merged(BEFORE, operations)


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        ({"$append": cell_set()}, "a list of operations"),
        (None, "a list of operations"),
        ([cell_set()], "no operation"),
        ([[]], "no operation"),
        ([7], "no operation"),
        ([{"$append": [1]}], "no operation"),
        ([{"$append": cell_set(), "$prepend": cell_set()}], "no operation"),
        ([{"$match": {"query": '$[?(@.key == "louvain")]', "$remove": True}}], "no operation"),
        ([{"$replace": []}], "no operation"),
        ([on("louvain", {"children": [cell_set()]})], "no operation"),
        ([on("louvain", {"children": {"0": cell_set()}})], "a list of operations"),
        ([on("louvain", 7)], "is an object"),
        ([on("louvain", {"$remove": False})], r"'\$remove' cannot stand"),
        ([on("louvain", {"name": {"$replace": "x"}})], r"'\$replace' cannot stand"),
        ([{"$append": cell_set(**{"$remove": True})}], r"'\$remove' cannot stand"),
        ([{"$match": {"query": "$..*", "value": {}}}], "no query"),
        ([{"$match": {"query": '$[?(@.key == "\\x")]', "value": {}}}], "no query"),
        ([{"$match": {"query": ["louvain"], "value": {}}}], "no query"),
        ([{"$insert": {"index": -1, "value": cell_set()}}], "index -1"),
        ([{"$insert": {"index": True, "value": cell_set()}}], "index true"),
        ([{"$insert": {"index": "0", "value": cell_set()}}], 'index "0"'),
        ([on("louvain", {"$move": 1.5})], "index 1.5"),
    ],
)
def test_what_is_no_operation_is_refused_in_words(operations, reason):
    with pytest.raises(InvalidRequest, match=reason) as refused:
        merged(BEFORE, operations)

    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("key", ['a"b', "ä\\", "läng", "a'b)]"])
def test_every_key_can_be_matched(key):
    query = f"$[?(@.key == {json.dumps(key)})]"

    assert merged([{"key": key}], [{"$match": {"query": query, "value": {"$remove": True}}}]) == []


# what may be written


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (cell_set(key="c0"), "2 cell sets with the key 'c0'"),
        (cell_set(key="louvain"), "2 cell sets with the key 'louvain'"),
        (cell_set(key=""), "key"),
        (cell_set(key=5), "key"),
        ({"name": "x", "cellIds": []}, "without a key"),
        (cell_set(name=5), "name"),
        (cell_set(name="  "), "name"),
        (cell_set(color=5), "color"),
        (cell_set(cellIds=5), "cellIds"),
        (cell_set(cellIds=[-1]), "cellIds.0"),
        (cell_set(cellIds=[True]), "cellIds.0"),
        (cell_set(cellIds=[1.5]), "cellIds.0"),
        (cell_set(cellIds=["1"]), "cellIds.0"),
        (cell_set(cellIds=[2**40]), "cellIds.0"),
        ({"key": "x", "name": "x"}, "cellIds"),
    ],
)
def test_a_set_that_is_not_sound_is_refused_in_words(wrong, reason):
    with pytest.raises(InvalidRequest, match=reason):
        check(BEFORE, merged(BEFORE, add(wrong)))


@pytest.mark.parametrize(
    "wrong",
    [{"key": "k", "name": "n", "children": 5}, {"key": "k", "name": "n", "children": [5]}, {"key": "k"}, {"name": "n"}],
)
def test_a_class_that_is_not_sound_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        check(BEFORE, merged(BEFORE, [{"$append": wrong}]))


def test_a_set_cannot_lose_what_makes_it_one():
    for value in ({"key": "c1"}, {"name": None}, {"cellIds": None}, {"color": 7}):
        with pytest.raises(InvalidRequest):
            check(BEFORE, merged(BEFORE, [on("louvain", {"children": [on("c0", value)]})]))


def test_a_set_without_colour_is_sound():
    check(BEFORE, merged(BEFORE, add({"key": "x", "name": "x", "cellIds": []})))


def test_a_fault_that_came_with_the_experiment_keeps_nobody_from_their_own_sets():
    twice = {"key": "twice", "cellIds": "damaged"}
    before = [{"key": "odd", "children": [twice, dict(twice)]}, {"key": "scratchpad", "name": "Own", "children": []}]

    check(before, merged(before, add(cell_set())))
    with pytest.raises(InvalidRequest, match="3 cell sets"):
        check(before, merged(before, add(cell_set(key="twice"))))


@pytest.mark.parametrize("children", [5, "abc", [5], {"a": 1}])
def test_what_is_no_list_of_sets_is_not_reached_into(children):
    added = {"$append": {"key": "new", "name": "New", "children": children}}
    with pytest.raises(InvalidRequest, match='the children of "new" are no list of cell sets'):
        merged(BEFORE, [added, on("new", {"children": []})])


def test_half_a_character_is_no_key():
    with pytest.raises(InvalidRequest, match="is no query for a cell set") as caught:
        merged(BEFORE, [on(r"\ud800", {"name": "x"})])
    assert str(caught.value).encode()


def test_changes_that_would_take_for_ever_are_refused():
    many = [{"$append": cell_set(f"n{number}")} for number in range(5000)]
    with pytest.raises(InvalidRequest, match="these are too many changes at once"):
        merged(BEFORE, many)
    assert len(merged(BEFORE, many[:2000])) == len(BEFORE) + 2000
