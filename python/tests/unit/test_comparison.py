"""Which cells are compared: exact keys and keywords, disjoint sides, nothing outside the basis."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.asking import classes
from tandem.errors import InvalidRequest, TaskFailed
from tandem.tasks.comparison import sides

SETS = classes(
    louvain={"louvain-0": [0, 1, 2, 3], "louvain-1": [4, 5, 6], "louvain-2": [7, 8]},
    size={"size-small": [0, 4, 7], "size-tall": [1, 5, 8]},
    state={"state-rested": [0, 1, 4], "state-background": [2, 5, 6]},
    hall={"hall-a": [0, 4], "hall-b": [1, 2, 5]},
    scratchpad={"mine": [0, 1, 4], "yours": [1, 4, 5], "nothing": []},
    sample={"s1": [0, 1, 2, 3, 4, 5, 6, 7, 8, 20, 21]},
)


@pytest.mark.parametrize(
    ("cell_set", "compare_with", "basis", "base", "background"),
    [
        ("louvain-0", "louvain-1", "all", [0, 1, 2, 3], [4, 5, 6]),
        ("louvain-0", "rest", "all", [0, 1, 2, 3], [4, 5, 6, 7, 8]),
        ("louvain-0", "background", "all", [0, 1, 2, 3], [4, 5, 6, 7, 8, 20, 21]),
        ("louvain-0", "all", "all", [0, 1, 2, 3], [4, 5, 6, 7, 8, 20, 21]),
        ("louvain/louvain-0", "louvain/louvain-1", "size/size-small", [0], [4]),
        # Keys that hold a keyword are keys all the same.
        ("size-small", "size-tall", "all", [0, 4, 7], [1, 5, 8]),
        ("state-rested", "state-background", "all", [0, 1, 4], [2, 5, 6]),
        ("louvain-0", "state-rested", "all", [2, 3], [4]),
        ("louvain-0", "size-small", "all", [1, 2, 3], [4, 7]),
        ("hall-a", "hall-b", "all", [0, 4], [1, 2, 5]),
        ("louvain-0", "louvain-1", "size-small", [0], [4]),
        ("louvain-0", "louvain-1", "hall-b", [1, 2], [5]),
        ("louvain-0", "rest", "state-rested", [0, 1], [4]),
        # Classes are all of their cells.
        ("louvain-0", "louvain-1", "louvain", [0, 1, 2, 3], [4, 5, 6]),
        ("louvain", "background", "sample", [0, 1, 2, 3, 4, 5, 6, 7, 8], [20, 21]),
        # Cells on both sides are on none, but that the background gives way.
        ("mine", "yours", "all", [0], [5]),
        ("mine", "rest", "all", [0], [5]),
        ("mine", "background", "all", [0, 1, 4], [2, 3, 5, 6, 7, 8, 20, 21]),
    ],
)
def test_sides_are_resolved(cell_set, compare_with, basis, base, background):
    assert sides(SETS, cell_set, compare_with, basis) == (base, background)


@pytest.mark.parametrize(
    ("cell_set", "compare_with", "basis", "which"),
    [
        ("nothing", "louvain-0", "all", "1st"),
        ("nothing", "background", "all", "1st"),
        ("hall", "louvain", "all", "1st"),
        ("louvain-0", "sample", "all", "1st"),
        ("louvain-2", "louvain-0", "hall-a", "1st"),
        ("louvain-0", "nothing", "all", "2nd"),
        ("louvain-0", "louvain-2", "hall-a", "2nd"),
        ("s1", "rest", "all", "2nd"),
        ("s1", "background", "all", "2nd"),
        ("louvain", "rest", "all", "2nd"),
    ],
)
def test_an_empty_side_is_told_as_clients_know_it(cell_set, compare_with, basis, which):
    with pytest.raises(TaskFailed) as caught:
        sides(SETS, cell_set, compare_with, basis)

    assert caught.value.code == "INVALID_INPUT"
    assert str(caught.value) == f"No cell id fullfills the {which} cell set."


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (("rest", "louvain-0", "all"), "rest"),
        (("louvain-9", "rest", "all"), "louvain-9"),
        (("louvain-0", "rested", "all"), "rested"),
        (("louvain-0", "Rest", "all"), "Rest"),
        (("louvain-0", "rest", "All"), "All"),
        (("louvain-0", "rest", "small"), "small"),
    ],
)
def test_an_unknown_key_is_named(given, key):
    with pytest.raises(InvalidRequest, match=f"'{key}'"):
        sides(SETS, *given)


IDS = st.sets(st.integers(0, 12), max_size=8)
SOME_CLASSES = st.dictionaries(
    st.sampled_from(["louvain", "scratchpad", "all-of-it", "rest-of-it"]),
    st.dictionaries(st.sampled_from(["small", "rested", "hall-a", "x"]), IDS, min_size=1),
    min_size=1,
)


@given(st.data(), SOME_CLASSES)
def test_sides_are_disjoint_ordered_and_within_the_basis_whatever_the_sets(data, groups):
    named = {
        f"{group}/{child}": (group, child, ids) for group, children in groups.items() for child, ids in children.items()
    }
    keys = st.sampled_from(sorted(named))
    cell_set = data.draw(keys)
    compare_with = data.draw(st.one_of(keys, st.sampled_from(["rest", "background", "all"])))
    basis = data.draw(st.one_of(keys, st.just("all")))
    first = named[cell_set][2]
    everybody = set().union(*(ids for *_, ids in named.values()))
    if compare_with in ("background", "all"):
        base, background = first, everybody - first
    else:
        group, child, _ = named[cell_set]
        siblings = (ids for name, ids in groups[group].items() if name != child)
        other = set().union(*siblings) if compare_with == "rest" else named[compare_with][2]
        base, background = first - other, other - first
    within = named[basis][2] if basis in named else everybody
    cell_sets = classes(**groups)

    if not base & within or not background & within:
        with pytest.raises(TaskFailed):
            sides(cell_sets, cell_set, compare_with, basis)
        return
    found = sides(cell_sets, cell_set, compare_with, basis)

    assert found == (sorted(base & within), sorted(background & within))
    assert not set(found.base) & set(found.background)


def test_the_cells_of_a_large_experiment_are_looked_at_a_few_times_not_once_for_each_other():
    everybody = range(200_000)
    sets = classes(louvain={f"louvain-{i}": everybody[i::20] for i in range(20)}, sample={"s1": everybody})
    started = time.monotonic()

    for i in range(20):
        base, background = sides(sets, f"louvain-{i}", "background", "sample")
        assert (len(base), len(background)) == (10_000, 190_000)

    assert time.monotonic() - started < 30
