"""A question gets the name of its answer: by its own words, and by what the answer depends on."""

import json
import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from tandem.experiments.cell_sets import CellSets
from tandem.experiments.origin import Origin
from tandem.settings import Settings
from tandem.stores import open_store
from tandem.tasks.body import Context
from tandem.tasks.catalogue import CATALOGUE, read_body
from tandem.tasks.request import parse
from tandem.tasks.submission import Naming, Wish, message_of, props_of

GOLDENS = json.loads((Path(__file__).parent / "goldens" / "work_requests.json").read_text())
CHANGED_AT = datetime(2026, 7, 1, 10, tzinfo=UTC).timestamp()
LATER = datetime.now(UTC) + timedelta(hours=1)
LAYOUT = {"name": "GetEmbedding", "type": "umap", "useSaved": False, "config": {"minimumDistance": 0.3}}
TRAJECTORY = {
    "name": "GetTrajectoryAnalysisStartingNodes",
    "embedding": {"method": "umap", "methodSettings": {"minimumDistance": 0.3}},
    "cellSets": ["louvain"],
}
#: A question for each task, and whether its answer depends on the cell sets.
QUESTIONS = [
    ({"name": "BatchDifferentialExpression", "cellSet": ["louvain-0"]}, True),
    ({"name": "CASSIAAnnotate", "species": "human", "tissue": "blood"}, True),
    ({"name": "CellCycleScoring"}, False),
    ({"name": "ClusterCells", "type": "louvain"}, False),
    ({"name": "DifferentialExpression", "cellSet": "louvain-0"}, True),
    ({"name": "DotPlot", "customGenesList": ["LYZ"]}, True),
    ({"name": "DownloadAnnotSeuratObject"}, True),
    ({"name": "GeneExpression", "genes": ["LYZ"]}, False),
    ({"name": "GeneExpression", "genes": ["LYZ"], "downsampleSettings": {"cellIds": [1]}}, False),
    (
        {
            "name": "GeneExpression",
            "genes": ["LYZ"],
            "downsampleSettings": {"selectedCellSet": "louvain", "groupedTracks": ["louvain"]},
        },
        True,
    ),
    ({"name": "GetBackgroundExpressedGenes", "cellSet": "louvain-0"}, True),
    ({"name": "GetDoubletScore"}, False),
    (LAYOUT, False),
    (
        {
            "name": "GetExpressionCellSets",
            "genesConfig": [{"geneName": "LYZ", "comparisonType": "lessThan", "thresholdValue": 1.0}],
        },
        False,
    ),
    ({"name": "GetMitochondrialContent"}, False),
    ({"name": "GetNGenes"}, False),
    ({"name": "GetNUmis"}, False),
    ({"name": "GetNormalizedExpression"}, False),
    ({"name": "GetNormalizedExpression", "subsetBy": {"louvain": ["louvain-0"], "sample": []}}, True),
    ({"name": "GetTrajectoryAnalysisPseudoTime", "rootNodes": [0]}, True),
    (TRAJECTORY, True),
    ({"name": "ListGenes"}, False),
    ({"name": "MarkerHeatmap"}, True),
    ({"name": "ScTypeAnnotate", "species": "human", "tissue": "Liver"}, True),
]


def cell_set(key, cells, **more):
    return {"key": key, "name": key, "color": "#fff", "cellIds": cells, **more}


CLASSES = [
    {"key": "louvain", "name": "Clusters", "children": [cell_set("louvain-0", [0]), cell_set("louvain-1", [1])]},
    {"key": "scratchpad", "name": "Custom cell sets", "children": []},
]


@pytest.fixture
def settings(tmp_path):
    folder = tmp_path / "data" / "demo"
    folder.mkdir(parents=True)
    (folder / "r.rds").touch()
    os.utime(folder / "r.rds", (CHANGED_AT, CHANGED_AT))
    (folder / "cell_sets.json").write_text(json.dumps({"cellSets": CLASSES}))
    return Settings(home_given=tmp_path, store_url=f"file://{tmp_path}/store", data_given=tmp_path / "data")


@pytest.fixture
def write_cell_sets(settings):
    return lambda classes: (settings.data / "demo" / "cell_sets.json").write_text(json.dumps({"cellSets": classes}))


@pytest.fixture
def results(settings):
    return open_store(settings, "worker-results")


@pytest.fixture
def naming(settings, results):
    return Naming(Origin(settings), results)


def wish(body, **props):
    return Wish("demo", body, LATER, {**props_of(), **props})


@pytest.fixture
def etag(naming):
    return lambda body, **props: message_of(wish(body, **props), naming, str)["ETag"]


def test_every_task_is_asked_about():
    assert {body["name"] for body, _ in QUESTIONS} == set(CATALOGUE)


@pytest.mark.parametrize(("body", "depends"), QUESTIONS, ids=lambda value: getattr(value, "get", str)("name"))
def test_a_task_says_that_it_looks_at_the_cell_sets_exactly_when_it_does(body, depends):
    looks = []

    def cell_sets():
        looks.append(body)
        return CellSets(tuple(CLASSES))

    request = parse({"ETag": "ab", "experimentId": "demo", "timeout": "2099-01-01T00:00:00Z", "body": body})
    task = read_body(body)
    task.r_request(Context(request, cell_sets, model=object()))

    assert task.looks_at_cell_sets() is depends
    assert bool(looks) is depends


@pytest.mark.parametrize(("body", "depends"), QUESTIONS, ids=lambda value: getattr(value, "get", str)("name"))
def test_a_lasso_renames_only_results_that_depend_on_the_cell_sets(etag, write_cell_sets, body, depends):
    before = etag(body)
    write_cell_sets([CLASSES[0], CLASSES[1] | {"children": [cell_set("mine", [0, 1])]}])

    assert (etag(body) != before) is depends


def test_a_colour_or_a_file_written_again_renames_nothing(etag, write_cell_sets):
    body = {"name": "MarkerHeatmap"}
    before = etag(body)
    coloured = [cell_set("louvain-0", [0], color="#123"), cell_set("louvain-1", [1])]
    write_cell_sets([CLASSES[0] | {"children": coloured}, CLASSES[1]])
    assert etag(body) == before

    write_cell_sets([CLASSES[0] | {"children": [cell_set("louvain-0", [0], name="T cells"), coloured[1]]}, CLASSES[1]])
    assert etag(body) != before


def test_cell_sets_are_read_once_however_often_they_are_asked_about(settings, naming, write_cell_sets, monkeypatch):
    reads = []
    from_json = CellSets.from_json
    monkeypatch.setattr(CellSets, "from_json", lambda text: reads.append(text) or from_json(text))
    for _ in range(5):
        naming.etag(wish({"name": "MarkerHeatmap"}), read_body({"name": "MarkerHeatmap"}))
    assert len(reads) == 1

    write_cell_sets([])
    naming.etag(wish({"name": "MarkerHeatmap"}), read_body({"name": "MarkerHeatmap"}))
    assert len(reads) == 2


@pytest.mark.parametrize("changed", ["r.rds", "DESCRIPTION"])
def test_other_data_and_another_r_package_rename_everything(settings, etag, changed):
    description = settings.state / "r-library" / "tandem" / "DESCRIPTION"
    description.parent.mkdir(parents=True)
    description.touch()
    before = etag(LAYOUT)
    os.utime(description if changed == "DESCRIPTION" else settings.data / "demo" / "r.rds", (1, 1))

    assert etag(LAYOUT) != before


@pytest.mark.parametrize(
    "golden",
    [golden for golden in GOLDENS if not golden["value"]["extraDependencies"]],
    ids=lambda golden: golden["value"]["body"]["name"],
)
def test_requests_are_named_exactly_as_they_were_sent(naming, golden):
    """Numbers, nulls, keys that nobody knows: all that the client sent, and nothing more."""
    value = golden["value"]
    task = read_body(value["body"])
    task = CATALOGUE["GetNUmis"].model_validate({}) if task.looks_at_cell_sets() else task

    asked = Wish("demo", json.loads(json.dumps(value["body"])), LATER, json.loads(json.dumps(value["requestProps"])))

    assert naming.etag(asked, task) == golden["hash"]


def test_another_page_is_another_result(etag):
    body = {"name": "DifferentialExpression", "cellSet": "louvain-0"}
    page = {"orderBy": "logFC", "orderDirection": "DESC", "offset": 0, "limit": 50, "responseKey": 0}

    assert len({etag(body), etag(body, pagination=page), etag(body, pagination=page | {"offset": 50})}) == 3


def put_layout(results, etag, **changes):
    name = etag(LAYOUT | changes)
    results.put(name, BytesIO(b"[]"), content_type="application/json")
    return name


def test_a_trajectory_is_told_of_the_layout_that_is_there_and_keeps_its_name(naming, results, etag):
    before = message_of(wish(TRAJECTORY), naming, str)
    assert before["body"] == TRAJECTORY, "R computes it"

    layout = put_layout(results, etag)
    after = message_of(wish(TRAJECTORY), naming, str)

    assert after["body"]["embedding"] == TRAJECTORY["embedding"] | {"ETag": layout}
    assert after["ETag"] == before["ETag"]
    assert "ETag" not in TRAJECTORY["embedding"], "what the caller sent stays as it is"


def test_a_trajectory_on_the_stored_layout_is_told_of_that(naming, results, etag):
    computed, saved = put_layout(results, etag), put_layout(results, etag, useSaved=True)
    on_saved = TRAJECTORY | {"embedding": TRAJECTORY["embedding"] | {"useSaved": True}}

    assert message_of(wish(on_saved), naming, str)["body"]["embedding"]["ETag"] == saved
    assert message_of(wish(TRAJECTORY), naming, str)["body"]["embedding"]["ETag"] == computed


def test_a_layout_that_the_client_names_is_taken(naming, results, etag):
    put_layout(results, etag)
    named = TRAJECTORY | {"embedding": TRAJECTORY["embedding"] | {"ETag": "abcd"}}

    assert message_of(wish(named), naming, str)["body"] == named


def test_a_downloaded_object_gets_the_layout_that_people_see(naming, results, etag):
    download = {"name": "DownloadAnnotSeuratObject", "embeddingMethod": "umap"}
    assert message_of(wish(download), naming, str)["body"] == download

    computed = put_layout(results, etag, config={})
    assert message_of(wish(download), naming, str)["body"]["embeddingETag"] == computed
    saved = put_layout(results, etag, config={}, useSaved=True)
    assert message_of(wish(download), naming, str)["body"]["embeddingETag"] == saved
    own = download | {"isObj2s": True}
    assert message_of(wish(own), naming, str)["body"] == own
