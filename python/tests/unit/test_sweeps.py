"""Which jobs a sweep is made of."""

import pytest
from pydantic import ValidationError

from tandem.errors import ParametersUnfit
from tandem.jobs.sweeps import LONGEST_VALUE, cases_of, check_number, said, tags_of
from tandem.jobs.wishes import MOST_JOBS, JobWish, Source, SweepWish


def cases(**wish: object) -> list[dict[str, object]]:
    return cases_of(SweepWish.model_validate({"program": "p", **wish}))


def test_a_space_is_crossed_in_order() -> None:
    assert cases(space={"a": [1, 2], "b": ["x", None]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": None},
        {"a": 2, "b": "x"},
        {"a": 2, "b": None},
    ]


def test_arms_follow_each_other_and_cases_follow_them() -> None:
    assert cases(space={"a": [0]}, arms=[{"a": [1, 2]}, {"b": [3]}], cases=[{"a": 9, "b": 9}]) == [
        {"a": 0},
        {"a": 1},
        {"a": 2},
        {"b": 3},
        {"a": 9, "b": 9},
    ]


def test_what_is_not_varied_is_one_case() -> None:
    assert cases() == [{}]
    assert cases(space={}, arms=[{}]) == [{}]


def test_folds_multiply_all_cases() -> None:
    assert cases(cases=[{"a": 1}, {"a": 2}], folds=2) == [
        {"a": 1, "fold": 0, "folds": 2},
        {"a": 1, "fold": 1, "folds": 2},
        {"a": 2, "fold": 0, "folds": 2},
        {"a": 2, "fold": 1, "folds": 2},
    ]
    assert cases(folds=1) == [{"fold": 0, "folds": 1}]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"space": {"a": [1]}, "parameters": {"a": 2}}, "a"),
        ({"cases": [{"a": 1}, {"b": 1}], "parameters": {"b": 2}}, "b"),
        ({"folds": 2, "parameters": {"folds": 2}}, "folds"),
        ({"folds": 2, "space": {"fold": [1]}}, "fold"),
        ({"space": {"a": list(range(1000)), "b": list(range(1000))}}, "space"),
        ({"space": {"a": list(range(1000))}, "folds": 1000}, "space"),
        ({"space": {"a": list(range(60_000))}, "fan_out": [[], []]}, "space"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(wish: dict[str, object], field: str) -> None:
    with pytest.raises(ParametersUnfit) as refused:
        cases(**wish)
    assert refused.value.facts["field"] == field


def test_the_most_jobs_are_still_allowed() -> None:
    check_number(MOST_JOBS)
    with pytest.raises(ParametersUnfit, match=r"100,001 jobs.*100,000"):
        check_number(MOST_JOBS + 1)


def test_a_huge_space_is_refused_before_it_is_crossed() -> None:
    with pytest.raises(ParametersUnfit, match="jobs"):
        cases(space={name: list(range(100)) for name in "abcdefgh"})


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        ("two\nlines\x00\x1b[0m", "two lines [0m"),
        ("", ""),
        ({"a": [1]}, '{"a": [1]}'),
        ("ä", "ä"),
    ],
)
def test_values_become_words(value: object, word: str) -> None:
    assert said(value) == word
    assert tags_of({"a": value}) == {"a": word}


def test_long_values_are_cut() -> None:
    assert len(said("x" * 1000)) == LONGEST_VALUE


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"program": "p", "command": ["true"]},
        {"command": []},
        {"program": "p", "unknown": 1},
        {"program": "p", "priority": "urgent"},
        {"program": "p", "cpus": 0},
        {"program": "p", "cpus": -1},
        {"program": "p", "memory": "many"},
        {"program": "p", "memory": 0},
        {"program": "p", "timeLimit": "31d"},
        {"program": "p", "retries": 21},
        {"program": "p", "retries": -1},
        {"program": "p", "queue": "../x"},
        {"program": "p", "name": ""},
        {"program": "p", "name": "two\nlines"},
        {"program": "p", "tags": {"a=b": "1"}},
        {"program": "p", "tags": {"": "1"}},
        {"program": "p", "tags": {"a": "x" * 501}},
        {"program": "p", "tags": {str(number): "" for number in range(51)}},
        {"program": "p", "after": ["no id"]},
        {"program": "p", "inputs": [{}]},
        {"program": "p", "inputs": [{"data": "a", "url": "https://x"}]},
        {"program": "p", "inputs": [{"data": "a", "path": "x"}]},
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        JobWish.model_validate(wish)


def test_a_wish_is_read_as_the_api_spells_it() -> None:
    wish = JobWish.model_validate({"program": "p", "timeLimit": "1h", "memory": "1.5GB", "cpus": 0.1})

    assert (wish.time_limit, wish.memory, wish.cpus, wish.priority) == (3600, 1_500_000_000, 0.1, "normal")
    assert Source(job="0123abcd", path="a", to="b/").to == "b/"


@pytest.mark.parametrize("wish", [{"space": {"a": []}}, {"folds": 0}, {"limit": {"cpuHours": 0}}, {"cases": 3}])
def test_a_sweep_that_cannot_be_meant_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SweepWish.model_validate({"program": "p", **wish})
