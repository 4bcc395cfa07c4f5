"""The table of tasks, and what each asks of R."""

from random import Random

import pytest

from tandem.errors import InvalidRequest, UnknownTask
from tandem.experiments.cell_sets import CellSets
from tandem.tasks.analyses.expression import CELLS_PER_BUCKET, DownsampleSettings, sample_evenly
from tandem.tasks.body import Context
from tandem.tasks.catalogue import CATALOGUE, read_body
from tandem.tasks.request import parse

CELL_SETS = CellSets(
    (
        {
            "key": "louvain",
            "name": "clusters",
            "children": [
                {"key": "louvain-0", "cellIds": list(range(3000))},
                {"key": "louvain-1", "cellIds": list(range(3000, 3010))},
            ],
        },
        {
            "key": "sample",
            "name": "Samples",
            "children": [{"key": "s1", "cellIds": list(range(2990))}, {"key": "size-small", "cellIds": [2995, 3001]}],
        },
        {"key": "scratchpad", "name": "Custom cell sets", "children": []},
    )
)
REQUEST = parse({"ETag": "ab12", "experimentId": "demo", "timeout": "2099-01-01T00:00:00Z", "body": {}})
CONTEXT = Context(REQUEST, lambda: CELL_SETS)


def asks(body):
    task = read_body(body)
    return task.route, task.r_request(CONTEXT)


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("GetDoubletScore", "getDoubletScore"),
        ("GetMitochondrialContent", "getMitochondrialContent"),
        ("GetNGenes", "getNGenes"),
        ("GetNUmis", "getNUmis"),
        ("CellCycleScoring", "CellCycleScoring"),
    ],
)
def test_metadata_tasks_ask_for_nothing_more(name, route):
    assert asks({"name": name, "experimentId": "ignored"}) == (route, {})


def test_an_embedding_is_asked_for_as_r_expects_it():
    body = {"name": "GetEmbedding", "type": "umap", "useSaved": True, "config": {"minimumDistance": 0.3}}

    assert asks(body) == ("getEmbedding", {"type": "umap", "config": {"minimumDistance": 0.3}, "use_saved": True})


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "trimap"},
        {"type": None},
        {"type": "umap", "config": {"minimumDistance": -1}},
        {"type": "umap", "config": {"minimumDistance": "0.1"}},
        {"type": "umap", "config": {"distanceMetric": "manhattan"}},
        {"type": "tsne", "config": {"perplexity": 0}},
        {"type": "tsne", "config": {"learningRate": True}},
        {"type": "umap", "config": [1]},
    ],
)
def test_an_embedding_with_wrong_parameters_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        read_body({"name": "GetEmbedding", **wrong})


def test_a_gene_filter_travels_whole():
    route, payload = asks({"name": "ListGenes", "geneNamesFilter": "^AC012345.1"})

    assert route == "listGenes"
    assert payload["geneNamesFilter"] == "^AC012345.1"


@pytest.mark.parametrize(
    "wrong", [{"offset": -1}, {"limit": "many"}, {"orderBy": "p_val"}, {"geneNamesFilter": "a" * 101}]
)
def test_a_gene_list_with_wrong_parameters_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        read_body({"name": "ListGenes", **wrong})


def test_expression_of_all_cells_says_so():
    assert asks({"name": "GeneExpression", "genes": ["LYZ"]}) == ("runExpression", {"genes": ["LYZ"], "cellIds": None})


def test_expression_of_given_cells_keeps_their_order():
    body = {"name": "GeneExpression", "genes": ["LYZ"], "downsampleSettings": {"cellIds": [3, 1, 2]}}

    assert asks(body)[1]["cellIds"] == [3, 1, 2]


def test_the_same_request_samples_the_same_cells():
    settings = {"selectedCellSet": "louvain", "groupedTracks": ["louvain", "sample"]}
    body = {"name": "GeneExpression", "genes": ["LYZ"], "downsampleSettings": settings}

    first, second = asks(body)[1]["cellIds"], asks(body)[1]["cellIds"]

    assert first == second
    assert len(first) == len(set(first))


def test_a_sample_takes_every_small_bucket_whole_and_bounds_the_large():
    chosen = DownsampleSettings(selected_cell_set="louvain", grouped_tracks=["louvain", "sample"])

    cells = set(sample_evenly(chosen, CELL_SETS, Random(1)))

    assert {3001, 2995} <= cells, "each sample's share of a cluster is a bucket of its own"
    assert set(range(3002, 3010)) <= cells, "cells in no sample are a bucket too"
    assert len(cells & set(range(2990))) == CELLS_PER_BUCKET


def test_without_grouped_tracks_no_cell_is_sampled():
    assert sample_evenly(DownsampleSettings(selected_cell_set="louvain"), CELL_SETS, Random(1)) == []


def test_a_body_without_a_name_is_refused():
    with pytest.raises(InvalidRequest, match="names no task"):
        read_body({"genes": ["LYZ"]})


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"cellSets": [5]}', '{"cellSets": [{"key": 5}]}', '{"cellSets": 5}']
)
def test_cell_sets_that_cannot_be_read_are_said_to_be_so(text):
    with pytest.raises(InvalidRequest, match="cell sets") as caught:
        CellSets.from_json(text)
    assert "Error" not in str(caught.value)


@pytest.mark.parametrize("name", ["GetUmis", "", 5, ["GetNUmis"], "__class__"])
def test_an_unknown_task_is_refused_with_the_known_ones(name):
    with pytest.raises(UnknownTask, match="GetEmbedding"):
        read_body({"name": name})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "DotPlot"}, "name genes in customGenesList, or ask for useMarkerGenes"),
        ({"name": "GetEmbedding"}, "type: Field required"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(body, said):
    with pytest.raises(InvalidRequest) as caught:
        read_body(body)

    assert str(caught.value) == f"The request is not valid: {said}."


def test_every_task_says_what_it_is():
    assert all(task.__doc__ for task in CATALOGUE.values())


def test_keys_of_cell_sets_are_taken_exactly():
    assert CELL_SETS.ids("size-small") == {2995, 3001}
    assert CELL_SETS.ids("sample/size-small") == {2995, 3001}
    assert len(CELL_SETS.ids("louvain")) == 3010
    with pytest.raises(InvalidRequest, match="'small'"):
        CELL_SETS.ids("small")


def test_asking_for_cells_leaves_the_cell_sets_as_they_are():
    before = [len(c["children"][0]["cellIds"]) for c in CELL_SETS.classes if c["children"]]
    CELL_SETS.ids("louvain")
    CELL_SETS.children_ids("sample")

    assert [len(c["children"][0]["cellIds"]) for c in CELL_SETS.classes if c["children"]] == before
