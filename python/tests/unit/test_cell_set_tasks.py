"""The tasks that change cell sets: what each asks of R, and what it makes of the answer."""

import json
from dataclasses import replace

import pytest

from fixtures.surroundings import CLASSES, cell_class, cell_set
from helpers.model_server import annotate
from tandem.errors import CellSetsNotChanged, InvalidRequest, ModelMissing
from tandem.experiments.cell_sets import CellSets
from tandem.experiments.changes import InsertSet, ReplaceClass
from tandem.tasks.body import Context
from tandem.tasks.catalogue import read_body
from tandem.tasks.request import parse

CELL_SETS = CellSets(tuple(CLASSES))
CHANGING = {
    "ClusterCells": {"type": "leiden"},
    "GetExpressionCellSets": {
        "genesConfig": [{"geneName": "LYZ", "comparisonType": "greaterThan", "thresholdValue": 0.5}]
    },
    "ScTypeAnnotate": {"species": "human", "tissue": "Immune system"},
    "CASSIAAnnotate": {"species": "human", "tissue": "blood"},
    "CellCycleScoring": {},
}


class Model:
    name = "model"

    def answer(self, _, turns):
        return annotate(turns[0].text)


def context(etag="ab12", experiment="demo", **more):
    message = {"ETag": etag, "experimentId": experiment, "timeout": "2099-01-01T00:00:00Z", "body": {}}
    return replace(Context(parse(message), lambda: CELL_SETS), **more)


def task(name, **parameters):
    return read_body({"name": name, **CHANGING[name], **parameters})


def asks(name, where=None, **parameters):
    return task(name, **parameters).r_request(where or context())


def changes(name, answer, where=None):
    return list(task(name).changes(json.dumps(answer).encode(), where or context()))


@pytest.mark.parametrize("name", CHANGING)
def test_no_result_of_theirs_is_kept(name):
    assert task(name).cacheable is False


@pytest.mark.parametrize("name", sorted(set(CHANGING) - {"CASSIAAnnotate"}))
@pytest.mark.parametrize("answer", [{}, [], None, {"class": {"key": "louvain"}}, "text"], ids=str)
def test_an_answer_of_another_form_changes_nothing(name, answer):
    with pytest.raises(CellSetsNotChanged, match="R answered"):
        changes(name, answer)


def test_a_scalar_where_cells_should_be_is_refused():
    with pytest.raises(CellSetsNotChanged, match="cellIds"):
        changes("CellCycleScoring", cell_class("Phase", cell_set("Phase-S", 5)))


# ClusterCells


def test_clustering_is_asked_for_as_r_expects_it():
    body = {"cellSetName": "Louvain clusters", "cellSetKey": "louvain", "type": "louvain", "config": {"resolution": 1}}

    assert asks("ClusterCells", **body) == {"type": "louvain", "config": {"resolution": 1.0}}
    assert asks("ClusterCells") == {"type": "leiden", "config": {"resolution": 0.5}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "kmeans"},
        {"config": {"resolution": -0.1}},
        {"config": {"resolution": 10.5}},
        {"config": {"resolution": "1"}},
        {"config": {"resolution": True}},
        {"config": 1},
    ],
    ids=str,
)
def test_a_wrong_clustering_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        task("ClusterCells", **wrong)


def test_new_clusters_come_first_in_place_of_the_old():
    new = cell_class("louvain", cell_set("leiden-0", [1, 2]), cell_set("leiden-1", [7]), name="leiden clusters")

    [change] = changes("ClusterCells", {"cluster": ["0", "0", "1"], "cell_ids": [1, 2, 7], "class": new})

    assert isinstance(change, ReplaceClass)
    assert (change.at, change.cell_class.as_json()) == ("start", new)


# GetExpressionCellSets


def test_the_set_of_a_request_has_one_key_however_often_it_is_made():
    first, again, other = (asks("GetExpressionCellSets", context(etag))["key"] for etag in ("aa", "aa", "bb"))

    assert first == again != other


def test_thresholds_go_to_r_as_they_came():
    asked = asks("GetExpressionCellSets")

    assert {name: value for name, value in asked.items() if name != "key"} == CHANGING["GetExpressionCellSets"]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [{}],
        [{"geneName": "", "comparisonType": "greaterThan", "thresholdValue": 1}],
        [{"geneName": "A", "comparisonType": "equals", "thresholdValue": 1}],
        [{"geneName": "A", "comparisonType": "lessThan", "thresholdValue": "1"}],
        [{"geneName": "A", "comparisonType": "lessThan", "thresholdValue": None}],
    ],
    ids=str,
)
def test_wrong_thresholds_are_refused(wrong):
    with pytest.raises(InvalidRequest):
        task("GetExpressionCellSets", genesConfig=wrong)


def test_the_new_set_goes_to_the_scratchpad_as_r_made_it():
    new = {"key": "k", "name": "LYZ>0.5", "rootNode": False, "color": "#fff", "cellIds": [3]}

    [change] = changes("GetExpressionCellSets", new)

    assert isinstance(change, InsertSet)
    assert change.cell_set.as_json() == new


# ScTypeAnnotate


def test_cell_types_are_asked_for_with_the_clusters():
    asked = asks("ScTypeAnnotate")

    assert asked["cellSets"] == {"louvain": CELL_SETS.class_object("louvain")}
    assert (asked["species"], asked["tissue"]) == ("human", "Immune system")
    assert "markers" not in asked


def test_asking_again_makes_the_same_class_and_another_tissue_another():
    keys = [asks("ScTypeAnnotate", context(etag))["key"] for etag in ("aa", "bb")]
    others = [
        asks("ScTypeAnnotate", tissue="Liver")["key"],
        asks("ScTypeAnnotate", species="mouse")["key"],
        asks("ScTypeAnnotate", context(experiment="other"))["key"],
    ]

    assert keys[0] == keys[1]
    assert len({keys[0], *others}) == 4


@pytest.mark.parametrize(
    "wrong", [{"species": "rat"}, {"tissue": "Skin"}, {"tissue": "immune system"}, {"markers": "a\0b"}], ids=str
)
def test_a_tissue_or_species_without_markers_is_refused(wrong):
    with pytest.raises(InvalidRequest):
        task("ScTypeAnnotate", **wrong)


def test_a_table_of_the_users_own_is_found_in_the_experiments_folder(tmp_path):
    (tmp_path / "mine.tsv").write_text("table")

    for name in ("mine.tsv", str(tmp_path / "mine.tsv")):
        asked = asks("ScTypeAnnotate", context(folder=tmp_path), markers=name, tissue="Skin")
        assert (asked["markers"], asked["tissue"]) == (str(tmp_path / "mine.tsv"), "Skin")


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret.tsv", "none.tsv", ".", "link.tsv"])
def test_no_other_file_can_be_named(tmp_path, name):
    folder = tmp_path / "experiment"
    folder.mkdir()
    (tmp_path / "secret.tsv").write_text("secret")
    (folder / "link.tsv").symlink_to(tmp_path / "secret.tsv")

    with pytest.raises(InvalidRequest, match="no marker table"):
        asks("ScTypeAnnotate", context(folder=folder), markers=name)


@pytest.mark.parametrize("name", ["ScTypeAnnotate", "CASSIAAnnotate"])
@pytest.mark.parametrize(
    "classes", [(), (cell_class("louvain"),), (cell_class("sample", cell_set("s", [1])),)], ids=len
)
def test_without_clusters_there_is_nothing_to_annotate(name, classes):
    where = context(cell_sets=lambda: CellSets(classes), model=Model())
    with pytest.raises(InvalidRequest, match="ClusterCells"):
        asks(name, where)


def test_the_class_of_cell_types_comes_last():
    new = cell_class("k", cell_set("c", [1]), name="ScType-Immune system-human")

    [change] = changes("ScTypeAnnotate", new)

    assert (change.at, change.cell_class.as_json()) == ("end", new)


# CellCycleScoring


def test_the_class_of_phases_comes_first():
    new = cell_class("Phase", cell_set("Phase-G2M", [1]), cell_set("Phase-S", []))

    [change] = changes("CellCycleScoring", new)

    assert (change.at, change.cell_class.as_json()) == ("start", new)


# CASSIAAnnotate


def test_without_a_model_the_settings_to_make_are_named_before_r_works():
    with pytest.raises(ModelMissing, match="TANDEM_MODEL ") as missing:
        asks("CASSIAAnnotate")

    assert missing.value.code == "R_WORKER_CASSIA_ERROR"


def test_markers_of_the_clusters_are_asked_for():
    assert asks("CASSIAAnnotate", context(model=Model())) == {
        "cellSets": CELL_SETS.class_object("louvain"),
        "nGenes": 50,
    }


@pytest.mark.parametrize("nothing", [{}, {"cellIds": None}, {"cellIds": []}])
def test_a_cluster_that_names_no_cells_is_empty(nothing):
    clusters = {"key": "louvain", "children": [cell_set("louvain-0", [0, 1]), {"key": "louvain-1"} | nothing]}
    where = context(cell_sets=lambda: CellSets((clusters,)), model=Model())

    assert asks("ScTypeAnnotate", where)["cellSets"]["louvain"]["children"][1]["cellIds"] == []
    assert asks("CASSIAAnnotate", where)["cellSets"]["children"][1]["cellIds"] == []


MARKED = {
    "clusters": [
        {"key": "louvain-0", "name": "Cluster 0", "cells": 3, "genes": ["CD3E"]},
        {"key": "louvain-1", "name": "Cluster 1", "cells": 1, "genes": []},
    ]
}


def test_three_classes_hold_the_cells_of_their_clusters():
    found = changes("CASSIAAnnotate", MARKED, context(model=Model()))

    assert [(change.at, change.cell_class.name) for change in found] == [
        ("end", "CASSIA-1"),
        ("end", "CASSIA-2"),
        ("end", "CASSIA-3"),
    ]
    sets = [[(child.name, child.cell_ids) for child in change.cell_class.children] for change in found]
    assert sets == [
        [("Type 1", [0, 1, 2]), ("Type 2", [3])],
        [("Group 1", [0, 1, 2]), ("Group 0", [3])],
        [("Cells", [0, 1, 2, 3])],
    ]
    keys = [child.key for change in found for child in change.cell_class.children]
    assert len(set(keys)) == len(keys)


def test_asking_the_model_again_makes_the_same_classes():
    first, again = (changes("CASSIAAnnotate", MARKED, context(etag, model=Model())) for etag in ("aa", "bb"))

    assert first == again


def test_what_the_model_is_told_of_the_sample_is_checked():
    for wrong in ({"species": " "}, {"tissue": "t" * 201}, {"additionalInfo": "i" * 2001}):
        with pytest.raises(InvalidRequest):
            task("CASSIAAnnotate", **wrong)
