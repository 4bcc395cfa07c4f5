"""What downloads of whole data ask of R."""

import pytest

from helpers.asking import asks, classes
from tandem.errors import InvalidRequest
from tandem.tasks.catalogue import read_body

SETS = classes(
    louvain={"louvain-0": [0, 1, 2], "louvain-1": [3, 4]},
    sample={"s1": [0, 3, 4], "s2": [1, 2]},
    size={"size-small": [4, 0], "size-tall": [1]},
    scratchpad={"mine": [2, 0]},
)
ETAG = "0123456789abcdef0123456789abcdef"


def matrix(subset):
    return asks({"name": "GetNormalizedExpression", "subsetBy": subset}, SETS)


@pytest.mark.parametrize("subset", [None, {}, {"louvain": [], "sample": None, "metadata": [], "customCellSets": []}])
def test_a_matrix_of_all_cells_says_so(subset):
    assert matrix(subset) == ("GetNormalizedExpression", {"subsetBy": None, "applySubset": False})


@pytest.mark.parametrize(
    ("subset", "cells"),
    [
        ({"louvain": ["louvain-0"], "sample": [], "metadata": [], "scratchpad": []}, [0, 1, 2]),
        ({"louvain": ["louvain-1", "louvain-0"]}, [0, 1, 2, 3, 4]),
        ({"louvain": ["louvain-0", "louvain-1"], "sample": ["s1"]}, [0, 3, 4]),
        ({"louvain": ["louvain-0"], "metadata": ["size-small", "size-tall"]}, [0, 1]),
        ({"louvain": ["louvain-0"], "sample": ["s1"], "customCellSets": ["scratchpad/mine"]}, [0]),
        ({"sample": ["s2"], "metadata": ["size-small"]}, []),
        ({"something": ["louvain"]}, [0, 1, 2, 3, 4]),
    ],
)
def test_cells_are_in_a_set_of_each_category(subset, cells):
    assert matrix(subset)[1] == {"subsetBy": cells, "applySubset": True}


def test_an_unknown_set_is_named():
    with pytest.raises(InvalidRequest, match="'louvain-7'"):
        matrix({"louvain": ["louvain-0", "louvain-7"]})


@pytest.mark.parametrize("wrong", [[], {"louvain": "louvain-0"}, {"louvain": [0]}])
def test_a_subset_of_another_shape_is_refused(wrong):
    with pytest.raises(InvalidRequest, match="subsetBy"):
        read_body({"name": "GetNormalizedExpression", "subsetBy": wrong})


def download(**body):
    return {"name": "DownloadAnnotSeuratObject", "embeddingMethod": "tsne", "isObj2s": False, **body}


def test_the_object_is_asked_for_with_its_layout_and_all_classes():
    route, payload = asks(download(embeddingETag=ETAG), SETS, results={ETAG: [[1.5, 2], None]})

    assert route == "DownloadAnnotSeuratObject"
    assert payload == {
        "embedding": [(1.5, 2), None],
        "cellSets": SETS.class_objects(),
        "embeddingMethod": "tsne",
        "isObj2s": False,
    }
    assert [group["key"] for group in payload["cellSets"]] == ["louvain", "sample", "size", "scratchpad"]


@pytest.mark.parametrize("body", [{"embeddingETag": ETAG}, {"embeddingETag": None}, {}])
def test_a_layout_that_is_not_there_is_for_r_to_compute(body):
    assert asks(download(**body), SETS)[1]["embedding"] is None


def test_an_object_with_layouts_of_its_own_gets_none():
    payload = asks(download(isObj2s=True, embeddingETag=ETAG), SETS, results={ETAG: [[1, 2]]})[1]

    assert (payload["embedding"], payload["isObj2s"]) == (None, True)


@pytest.mark.parametrize("wrong", [{"embeddingMethod": "pca"}, {"isObj2s": "perhaps"}, {"embeddingETag": "../x"}])
def test_a_download_with_wrong_parameters_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        read_body(download(**wrong))
