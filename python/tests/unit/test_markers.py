"""What marker heatmaps and dot plots ask of R."""

import pytest

from helpers.asking import asks, classes
from tandem.errors import InvalidRequest
from tandem.tasks.catalogue import read_body

SETS = classes(
    louvain={"louvain-0": [1, 0], "louvain-1": [2]},
    sample={"s-all": [0, 2], "sample-b": [1]},
)
LOUVAIN = SETS.class_object("louvain")


def test_a_marker_heatmap_is_asked_for_with_the_whole_class_and_nothing_more():
    body = {"name": "MarkerHeatmap", "nGenes": 5, "selectedCellSet": "louvain"}

    assert asks(body, SETS) == (
        "runMarkerHeatmap",
        {
            "nGenes": 5,
            "cellSets": {
                "key": "louvain",
                "name": "all of louvain",
                "type": "cellSets",
                "children": [
                    {"key": "louvain-0", "name": "set louvain-0", "cellIds": [1, 0]},
                    {"key": "louvain-1", "name": "set louvain-1", "cellIds": [2]},
                ],
            },
        },
    )


@pytest.mark.parametrize("wrong", [{"nGenes": 0}, {"nGenes": 1.5}, {"nGenes": None}, {"selectedCellSet": None}])
def test_a_marker_heatmap_with_wrong_parameters_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        read_body({"name": "MarkerHeatmap", "nGenes": 5, "selectedCellSet": "louvain", **wrong})


def test_a_set_is_no_class():
    with pytest.raises(InvalidRequest, match="no class of cell sets 'louvain-0'"):
        asks({"name": "MarkerHeatmap", "nGenes": 5, "selectedCellSet": "louvain-0"}, SETS)


def dots(**body):
    return {
        "name": "DotPlot",
        "useMarkerGenes": False,
        "numberOfMarkers": 3,
        "customGenesList": ["LYZ", "CD14"],
        "groupBy": "louvain",
        "filterBy": {"group": "All", "key": "All"},
        "clusterNames": ["Cluster 0"],
    } | body


@pytest.mark.parametrize(
    "everything",
    [{"group": "All", "key": "All"}, {"group": "all", "key": "All"}, {"group": "All", "key": None}, {}, None],
)
def test_a_dot_plot_of_all_cells_is_asked_for_as_r_expects_it(everything):
    assert asks(dots(filterBy=everything), SETS) == (
        "runDotPlot",
        {
            "useMarkerGenes": False,
            "numberOfMarkers": 3,
            "customGenesList": ["LYZ", "CD14"],
            "groupBy": LOUVAIN,
            "filterBy": None,
            "applyFilter": False,
        },
    )


@pytest.mark.parametrize(
    ("filter_by", "key", "cells"),
    [
        ({"group": "sample", "key": "sample-b"}, "sample-b", [1]),
        ({"group": "sample", "key": "s-all"}, "s-all", [0, 2]),
        ({"group": "sample", "key": "sample/s-all"}, "s-all", [0, 2]),
        ({"group": "sample", "key": "sample"}, "sample", [0, 1, 2]),
        ({"group": "sample", "key": None}, "sample", [0, 1, 2]),
        ({"group": "sample"}, "sample", [0, 1, 2]),
    ],
)
def test_a_dot_plot_of_some_cells_names_them(filter_by, key, cells):
    payload = asks(dots(filterBy=filter_by), SETS)[1]

    assert payload["applyFilter"] is True
    assert payload["filterBy"] == {"key": key, "cellIds": cells}


@pytest.mark.parametrize(
    "filter_by", [{"group": "sample", "key": "louvain-0"}, {"group": "sample", "key": "All"}, {"group": "small"}]
)
def test_a_filter_that_is_not_there_is_refused(filter_by):
    with pytest.raises(InvalidRequest, match="no cell set"):
        asks(dots(filterBy=filter_by), SETS)


def test_a_dot_plot_of_markers_needs_no_genes():
    assert asks({"name": "DotPlot", "useMarkerGenes": True}, SETS)[1] == {
        "useMarkerGenes": True,
        "numberOfMarkers": 3,
        "customGenesList": [],
        "groupBy": LOUVAIN,
        "filterBy": None,
        "applyFilter": False,
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"customGenesList": []}, "customGenesList"),
        ({"customGenesList": [5]}, "customGenesList"),
        ({"numberOfMarkers": 0}, "numberOfMarkers"),
        ({"groupBy": None}, "groupBy"),
        ({"filterBy": "All"}, "filterBy"),
    ],
)
def test_a_dot_plot_with_wrong_parameters_is_refused(wrong, said):
    with pytest.raises(InvalidRequest, match=said):
        read_body(dots(**wrong))
