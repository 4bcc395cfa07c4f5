"""What the comparisons of sets of cells ask of R."""

import json

import pytest

from helpers.asking import asks, classes
from tandem.errors import InvalidRequest, TaskFailed
from tandem.tasks.catalogue import read_body

SETS = classes(
    louvain={"louvain-0": [3, 0, 1], "louvain-1": [4, 5], "louvain-2": [7]},
    size={"size-small": [0, 4], "size-tall": [1, 5, 7]},
    scratchpad={"mine": [0, 1, 4], "nothing": []},
)
PAGE = {"orderBy": "p_val_adj", "orderDirection": "ASC", "offset": 10, "limit": 50, "responseKey": 0}


def de(**body):
    return {"name": "DifferentialExpression", **body}


def batch(**body):
    return {"name": "BatchDifferentialExpression", **body}


def test_a_comparison_is_asked_for_as_r_expects_it():
    body = de(
        experimentId="demo",
        cellSet="louvain-0",
        compareWith="louvain-1",
        basis="all",
        comparisonType="between",
        genesOnly=True,
        maxNum=500,
    )

    assert asks(body, SETS) == (
        "DifferentialExpression",
        {
            "baseCells": [0, 1, 3],
            "backgroundCells": [4, 5],
            "genesOnly": True,
            "comparisonType": "between",
        },
    )


def test_what_is_not_said_has_a_sensible_default():
    assert asks(de(cellSet="louvain-0"), SETS)[1] == {
        "baseCells": [0, 1, 3],
        "backgroundCells": [4, 5, 7],
        "genesOnly": False,
        "comparisonType": "within",
    }


@pytest.mark.parametrize("nothing", ["all", "", [], None])
def test_without_a_basis_every_cell_takes_part(nothing):
    everywhere = asks(de(cellSet="louvain-0"), SETS)

    assert asks(de(cellSet="louvain-0", basis=nothing), SETS) == everywhere
    background = {"name": "GetBackgroundExpressedGenes", "cellSet": "louvain-0"}
    assert asks(background | {"basis": nothing}, SETS) == asks(background, SETS)
    several = ["louvain-0", "louvain-1"]
    assert asks(batch(cellSet=several, basis=[nothing]), SETS) == asks(batch(cellSet=several), SETS)
    assert asks(batch(cellSet=several, basis=[]), SETS) == asks(batch(cellSet=several), SETS)


def test_the_rows_asked_for_travel_with_it():
    filters = [
        {"columnName": "logFC", "type": "numeric", "comparison": "greaterThan", "value": 1},
        {"columnName": "gene_names", "type": "text", "expression": "^AC01[2.5"},
    ]

    _, payload = asks(de(cellSet="louvain-0"), SETS, pagination=PAGE | {"filters": filters})

    assert payload["pagination"] == {
        "orderBy": "p_val_adj",
        "orderDirection": "ASC",
        "offset": 10,
        "limit": 50,
        "filters": filters,
    }


def test_without_filters_there_is_an_empty_list_of_them():
    assert asks(de(cellSet="louvain-0"), SETS, pagination=PAGE)[1]["pagination"]["filters"] == []


def number(**other):
    return {"columnName": "logFC", "type": "numeric", "comparison": "lessThan", "value": 1} | other


def text(**other):
    return {"columnName": "gene_names", "type": "text", "expression": "CD"} | other


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"orderDirection": "up"}, "orderDirection"),
        ({"offset": -1}, "offset"),
        ({"limit": "many"}, "limit"),
        ({"limit": 2**40}, "limit"),
        ({"orderBy": 5}, "orderBy"),
        ({"filters": [number(comparison="equals")]}, "comparison"),
        ({"filters": [number(value=None)]}, "value"),
        ({"filters": [number(value="high")]}, "value"),
        ({"filters": [number(value="Infinity")]}, "finite"),
        ({"filters": [text(expression="A" * 101)]}, "100"),
        ({"filters": [text(expression=None)]}, "expression"),
        ({"filters": [{"columnName": "logFC"}]}, "type"),
        ({"filters": [number(type="regex")]}, "regex"),
        ({"filters": [text()] * 101}, "filters"),
        ({"filters": "CD"}, "filters"),
    ],
)
def test_rows_that_cannot_be_asked_for_are_refused_with_the_field(wrong, said):
    with pytest.raises(InvalidRequest, match=said):
        asks(de(cellSet="louvain-0"), SETS, pagination=PAGE | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cellSet": None},
        {"cellSet": ["louvain-0"]},
        {"compareWith": None},
        {"comparisonType": "across"},
        {"genesOnly": "perhaps"},
        {"basis": ["all"]},
    ],
)
def test_a_comparison_with_wrong_parameters_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        read_body(de(**({"cellSet": "louvain-0"} | wrong)))


def test_equal_requests_are_equal_bytes():
    shuffled = classes(
        louvain={"louvain-2": [7], "louvain-0": [1, 3, 0], "louvain-1": [5, 4]},
        size={"size-tall": [7, 5, 1], "size-small": [4, 0]},
    )

    assert json.dumps(asks(de(cellSet="louvain-0"), SETS)) == json.dumps(asks(de(cellSet="louvain-0"), shuffled))


def test_an_empty_side_ends_a_single_comparison():
    with pytest.raises(TaskFailed, match="1st"):
        asks(de(cellSet="nothing"), SETS)


def test_background_genes_are_of_the_compared_cells():
    body = {
        "name": "GetBackgroundExpressedGenes",
        "cellSet": "size-small",
        "compareWith": "size-tall",
        "basis": "louvain-0",
        "comparisonType": "within",
    }

    assert asks(body, SETS) == ("getBackgroundExpressedGenes", {"baseCells": [0], "backgroundCells": [1]})


def test_a_batch_of_sets_in_one_basis_names_each_list_of_cells_once():
    body = batch(cellSet=["louvain-0", "louvain-1", "louvain-0"], compareWith="louvain-2", basis=["all"])

    assert asks(body, SETS) == (
        "BatchDifferentialExpression",
        {
            "cellSets": [(0, 1, 3), (7,), (4, 5)],
            "comparisons": [
                {"base": 0, "background": 1},
                {"base": 2, "background": 1},
                {"base": 0, "background": 1},
            ],
            "comparisonType": "within",
        },
    )


def test_a_batch_over_several_bases_compares_its_first_set_in_each():
    body = batch(
        cellSet=["size-small", "ignored"],
        compareWith="size-tall",
        basis=["louvain-0", "louvain-1"],
        comparisonType="between",
    )

    assert asks(body, SETS)[1] == {
        "cellSets": [(0,), (1,), (4,), (5,)],
        "comparisons": [{"base": 0, "background": 1}, {"base": 2, "background": 3}],
        "comparisonType": "between",
    }


def test_a_comparison_of_a_batch_that_cannot_be_made_says_why_and_the_others_go_on():
    body = batch(cellSet=["nothing", "louvain-1", "no-such"], compareWith="background", basis=["all"])

    payload = asks(body, SETS)[1]

    assert payload["comparisons"] == [
        {"problem": "No cell id fullfills the 1st cell set."},
        {"base": 0, "background": 1},
        {"problem": "The request is not valid: there is no cell set 'no-such' in this experiment."},
    ]
    assert payload["cellSets"] == [(4, 5), (0, 1, 3, 7)]


@pytest.mark.parametrize(
    "wrong", [{"cellSet": []}, {"basis": "all"}, {"cellSet": "louvain-0"}, {"cellSet": ["a"] * 1001}]
)
def test_a_batch_with_wrong_parameters_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        read_body(batch(**({"cellSet": ["louvain-0"]} | wrong)))
