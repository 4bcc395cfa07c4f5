"""The tasks that change cell sets, whole: from the queue through R to the changed sets."""

import json

import pytest

from fixtures.surroundings import cell_class, cell_set
from tandem.states import State

#: The small experiment's cells by their groups: every third of the ids, of which each fifth is missing.
IDS = [number for number in range(100) if number % 5 != 4]
GROUPS = [IDS[group::3] for group in range(3)]
BEFORE = [
    cell_class("louvain", *(cell_set(f"louvain-{number}", ids) for number, ids in enumerate(GROUPS))),
    cell_class("scratchpad", name="Custom cell sets"),
]
GREATER = [
    {"geneName": gene, "comparisonType": "greaterThan", "thresholdValue": 4.8} for gene in ("GENE1", "GENE2", "GENE3")
]


def surroundings(cell_sets_file, model_server):
    """What a worker is told of the experiment's folder and the model."""
    return {
        "TANDEM_DATA": str(cell_sets_file.parents[1]),
        "TANDEM_MODEL": "m",
        "TANDEM_MODEL_URL": f"{model_server.url}/v1",
        "TANDEM_VISIBILITY": "30",
    }


@pytest.fixture(params=["local", "api"])
def change(request, stack, cell_sets_file, model_server):
    """Carries out a task, and gives the cell sets before and after it."""
    cell_sets_file.write_text(json.dumps({"cellSets": BEFORE}))
    told = surroundings(cell_sets_file, model_server)
    if request.param == "api":
        told["TANDEM_API_URL"] = request.getfixturevalue("experiment_api").url

    def carry_out(name, **body):
        message = stack.message(name, **body)
        run_id = stack.send(message)
        if not stack.workers:
            stack.start_worker(**told)
        run = stack.wait_until_terminal(run_id, within_s=60)
        assert run.state is State.COMPLETE, run.reason
        assert stack.wait_for_answer(message["ETag"])["response"]["cacheable"] is False
        return BEFORE, json.loads(cell_sets_file.read_text())["cellSets"]

    return carry_out


def cells(group):
    return sorted(cell for child in group["children"] for cell in child["cellIds"])


@pytest.mark.parametrize("method", ["louvain", "leiden"])
def test_clusters_take_the_place_of_the_old(change, method):
    _, after = change("ClusterCells", type=method, config={"resolution": 0.8}, cellSetKey="louvain")

    assert [group["key"] for group in after] == ["louvain", "scratchpad"]
    assert after[0]["name"] == f"{method} clusters"
    assert cells(after[0]) == IDS
    assert [child["key"] for child in after[0]["children"]] == [
        f"{method}-{n}" for n in range(len(after[0]["children"]))
    ]


def test_a_set_of_expressing_cells_joins_the_scratchpad(change):
    _, after = change("GetExpressionCellSets", genesConfig=GREATER)

    [new] = after[1]["children"]
    assert new["name"] == "GENE1>4.8, GENE2>4.8, GENE3>4.8"
    assert len(set(new["cellIds"]) & set(GROUPS[0])) > len(new["cellIds"]) / 2, "they mark the first group"
    assert after[0]["children"]


def test_phases_come_first(change):
    change("CellCycleScoring")
    before, after = change("CellCycleScoring")

    assert [group["key"] for group in after] == ["Phase", "louvain", "scratchpad"]
    assert cells(after[0]) == IDS
    assert after[1:] == before


def test_a_model_names_the_clusters(change, model_server):
    change("CASSIAAnnotate", species="human", tissue="blood")
    before, after = change("CASSIAAnnotate", species="human", tissue="blood")

    assert after[:2] == before
    assert [group["name"] for group in after[2:]] == ["CASSIA-1", "CASSIA-2", "CASSIA-3"]
    assert [child["cellIds"] for child in after[2]["children"]] == GROUPS
    assert after[4]["children"][0]["cellIds"] == IDS
    question = model_server.asked[0][2]["messages"][1]["content"]
    marked = [line.split(": ")[1].split(", ") for line in question.splitlines() if line[:3] in ("1: ", "2: ", "3: ")]
    expected = [{f"GENE{15 * group + n}" for n in range(1, 16)} for group in range(3)]
    assert [set(genes[:10]) <= markers for genes, markers in zip(marked, expected, strict=True)] == [True] * 3


def marker_table(cell_sets_file):
    rows = [("cell_type", "human_positive", "human_negative")]
    rows += [(f"type {group}", ",".join(f"GENE{15 * group + n}" for n in range(1, 16)), "") for group in range(3)]
    (cell_sets_file.parent / "mine.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))


def test_marker_genes_name_the_clusters(change, cell_sets_file):
    marker_table(cell_sets_file)
    asked = {"species": "human", "tissue": "Lung", "markers": "mine.tsv"}
    change("ScTypeAnnotate", **asked)
    before, after = change("ScTypeAnnotate", **asked)

    assert after[:2] == before
    assert after[2]["name"] == "ScType-Lung-human"
    assert [(child["name"], child["cellIds"]) for child in after[2]["children"]] == [
        (f"type {group}", ids) for group, ids in enumerate(GROUPS)
    ]


EVERY_CHANGE = [
    {"name": "ClusterCells", "type": "leiden", "config": {"resolution": 0.8}},
    {"name": "GetExpressionCellSets", "genesConfig": GREATER},
    {"name": "ScTypeAnnotate", "species": "human", "tissue": "Lung", "markers": "mine.tsv"},
    {"name": "CASSIAAnnotate", "species": "human", "tissue": "blood"},
    {"name": "CellCycleScoring"},
    {"name": "ClusterCells", "type": "louvain", "config": {"resolution": 1.2}},
]


def test_both_ways_lead_to_the_same_cell_sets(stack, cell_sets_file, experiment_api, model_server):
    marker_table(cell_sets_file)
    told = surroundings(cell_sets_file, model_server)
    messages = [stack.message(**body) for body in EVERY_CHANGE]
    ends = []
    for way in ({}, {"TANDEM_API_URL": experiment_api.url}):
        cell_sets_file.write_text(json.dumps({"cellSets": BEFORE}))
        worker = stack.start_worker(**told, **way)
        for message in messages:
            run = stack.wait_until_terminal(stack.send(message), within_s=60)
            assert run.state is State.COMPLETE, run.reason
        worker.terminate()
        assert worker.wait(30) == 0
        ends.append(json.loads(cell_sets_file.read_text())["cellSets"])

    assert ends[0] == ends[1]
    assert [group["name"] for group in ends[0]] == [
        "louvain clusters",
        "Phase",
        "Custom cell sets",
        "ScType-Lung-human",
        *(f"CASSIA-{level}" for level in (1, 2, 3)),
    ]
    assert len(experiment_api.asked) == len(messages) + 2, "each class of the model's is a change of its own"
