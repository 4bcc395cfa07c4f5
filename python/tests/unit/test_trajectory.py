"""What paths through the cells ask of R; a layout that is gone is no reason to fail."""

import pytest

from helpers.asking import asks, classes
from tandem.errors import InvalidRequest
from tandem.tasks.catalogue import read_body

SETS = classes(
    louvain={"louvain-0": [5, 0], "louvain-1": [2]},
    scratchpad={"size-small": [2, 3]},
)
ETAG = "0123456789abcdef0123456789abcdef"


def nodes(**body):
    return {
        "name": "GetTrajectoryAnalysisStartingNodes",
        "embedding": {
            "method": "umap",
            "methodSettings": {"minimumDistance": 0.3, "distanceMetric": "cosine"},
            "ETag": ETAG,
        },
        "clustering": {"method": "louvain", "resolution": 0.8},
        "cellSets": ["louvain"],
    } | body


LAYOUT = [[1, -2.5], None, [0.25, 3]]
REQUEST = {
    "embedding": [(1, -2.5), None, (0.25, 3)],
    "embedding_settings": {
        "method": "umap",
        "methodSettings": {"minimumDistance": 0.3, "distanceMetric": "cosine"},
    },
    "clustering_settings": {"method": "louvain", "resolution": 0.8},
    "cell_ids": [0, 2, 5],
}


def test_starting_nodes_are_asked_for_with_the_layout_that_was_computed():
    assert asks(nodes(), SETS, results={ETAG: LAYOUT}) == ("runTrajectoryAnalysisStartingNodesTask", REQUEST)


def test_pseudotime_is_asked_for_with_the_nodes_it_begins_at():
    body = nodes(name="GetTrajectoryAnalysisPseudoTime", rootNodes=[4, 0])

    assert asks(body, SETS, results={ETAG: LAYOUT}) == (
        "runTrajectoryAnalysisPseudoTimeTask",
        REQUEST | {"root_nodes": [4, 0]},
    )


def test_that_no_node_was_chosen_is_for_r_to_say():
    assert asks(nodes(name="GetTrajectoryAnalysisPseudoTime", rootNodes=[]), SETS)[1]["root_nodes"] == []


@pytest.mark.parametrize(
    ("keys", "cells"),
    [
        (["louvain-0", "size-small"], [0, 2, 3, 5]),
        (["louvain", "louvain-1"], [0, 2, 5]),
        (["scratchpad/size-small"], [2, 3]),
    ],
)
def test_cells_of_all_sets_take_part(keys, cells):
    assert asks(nodes(cellSets=keys), SETS)[1]["cell_ids"] == cells


def test_an_unknown_set_is_named():
    with pytest.raises(InvalidRequest, match="'small'"):
        asks(nodes(cellSets=["louvain-0", "small"]), SETS)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {"orderedGeneNames": []},
        "text",
        [[1, 2, 3]],
        [["1", "a"]],
        [[float("nan"), 1.0]],
        [[float("inf"), 1.0]],
        [5],
    ],
)
def test_where_there_is_no_layout_r_computes_it(stored):
    payload = asks(nodes(), SETS, results={ETAG: stored})[1]

    assert payload == REQUEST | {"embedding": None}


def test_filtered_cells_of_older_layouts_are_null():
    assert asks(nodes(), SETS, results={ETAG: [[1, 2], [], None]})[1]["embedding"] == [(1, 2), None, None]


@pytest.mark.parametrize("etag", [{}, {"ETag": None}])
def test_a_request_without_an_etag_is_computed_as_its_settings_say(etag):
    body = nodes(embedding={"method": "tsne", "methodSettings": {"perplexity": 30, "learningRate": 200}} | etag)

    payload = asks(body, SETS)[1]

    assert payload["embedding"] is None
    assert payload["embedding_settings"] == {
        "method": "tsne",
        "methodSettings": {"perplexity": 30, "learningRate": 200},
    }


def test_what_is_not_said_has_a_sensible_default():
    assert asks({"name": "GetTrajectoryAnalysisStartingNodes"}, SETS)[1] == {
        "embedding": None,
        "embedding_settings": {"method": "umap", "methodSettings": {}},
        "clustering_settings": {"method": "louvain", "resolution": 0.5},
        "cell_ids": [0, 2, 5],
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"embedding": {"method": "pca"}}, "method"),
        ({"embedding": {"methodSettings": {"minimumDistance": -1}}}, "minimumDistance"),
        ({"embedding": {"methodSettings": {"distanceMetric": 1}}}, "distanceMetric"),
        ({"embedding": {"ETag": "../secret"}}, "ETag"),
        ({"clustering": {"method": "kmeans"}}, "method"),
        ({"clustering": {"resolution": -1}}, "resolution"),
        ({"cellSets": []}, "cellSets"),
        ({"cellSets": "louvain"}, "cellSets"),
        ({"name": "GetTrajectoryAnalysisPseudoTime"}, "rootNodes"),
        ({"name": "GetTrajectoryAnalysisPseudoTime", "rootNodes": [-1]}, "rootNodes"),
        ({"name": "GetTrajectoryAnalysisPseudoTime", "rootNodes": [0.5]}, "rootNodes"),
    ],
)
def test_wrong_parameters_are_refused(wrong, said):
    with pytest.raises(InvalidRequest, match=said):
        read_body(nodes(**wrong))
