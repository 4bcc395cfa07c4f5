"""From the first command to every analysis's result: what a person sees who has just set Tandem up."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest
from redis import Redis
from redis.client import PubSub

from fixtures.platform import Home, wait_until
from helpers.demo_results import CELLS, check_result
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.states import State
from tandem.tasks.catalogue import CATALOGUE

REQUESTS = {
    "BatchDifferentialExpression": ["--cell-set", "louvain-0,louvain-1"],
    "DifferentialExpression": ["--cell-set", "louvain-0", "--limit", "20"],
    "DotPlot": ["--custom-genes-list", "CD14,LYZ"],
    "DownloadAnnotSeuratObject": [],
    "GetBackgroundExpressedGenes": ["--cell-set", "louvain-0", "--compare-with", "background"],
    "GetNormalizedExpression": ["--subset-by", '{"louvain": ["louvain-0"]}'],
    "GetTrajectoryAnalysisPseudoTime": ["--root-nodes", "0"],
    "GetTrajectoryAnalysisStartingNodes": [],
    "MarkerHeatmap": ["--n-genes", "3"],
    "GeneExpression": ["--genes", "CD14,LYZ"],
    "GetDoubletScore": [],
    "GetEmbedding": ["--type", "umap"],
    "GetMitochondrialContent": [],
    "GetNGenes": [],
    "GetNUmis": [],
    "ListGenes": ["--limit", "5", "--order-by", "gene_names", "--order-direction", "ASC"],
}
#: Those whose result is a file, kept as R wrote it.
FILES = ("DownloadAnnotSeuratObject", "GetNormalizedExpression")


@pytest.fixture
def channel(demo_home: Home) -> Iterator[PubSub]:
    """What is announced from now on."""
    with Redis.from_url(demo_home.plan.redis_url) as redis, redis.pubsub() as channel:
        channel.psubscribe("socket.io#*")
        assert channel.get_message(timeout=5)
        yield channel


def heard(channel: PubSub, until: str) -> dict[str, list[object]]:
    """The events by name, up to the awaited one."""
    events: dict[str, list[object]] = {}

    def listen() -> bool:
        message = channel.get_message(timeout=0.1)
        if message and message["type"] == "pmessage":
            _, packet, _ = msgpack.unpackb(message["data"], raw=False)
            name, payload = packet["data"]
            events.setdefault(name, []).append(payload)
        return until in events

    assert wait_until(listen, 10), f"only {list(events)} were heard"
    return events


def test_every_analysis_with_a_result_is_tried():
    assert REQUESTS.keys() == {name for name, kind in CATALOGUE.items() if kind.cacheable}


@pytest.mark.parametrize("task", REQUESTS)
def test_an_analysis_ends_in_a_result_that_is_kept_and_announced(
    demo_home: Home, channel: PubSub, tmp_path: Path, task: str
):
    out = tmp_path / "out.json"
    asked = demo_home.tandem("submit", task, *REQUESTS[task], "--wait", "-o", out)
    assert asked.returncode == 0, asked.stderr
    check_result(task, out)

    run = last_run(demo_home)
    assert (run.task, run.state) == (task, State.COMPLETE)
    [kept] = demo_home.layout.store.rglob(run.etag)
    whole = kept.read_bytes() if task in FILES else gzip.decompress(kept.read_bytes())
    assert whole == out.read_bytes()

    events = heard(channel, until=f"WorkResponse-{run.etag}")
    codes = [payload["status_code"] for payload in events["Heartbeat-demo"]]
    assert codes[0] == "STARTED_TASK"
    assert codes[-1] == "FINISHED_TASK"


def last_run(home: Home):
    record = open_record(Settings(database_url_given=f"sqlite:///{home.layout.record}"))
    try:
        return record.find(limit=1)[0]
    finally:
        record.close()


def test_a_result_is_printed_where_no_file_is_named(demo_home: Home):
    asked = demo_home.tandem("submit", "GetNUmis", "--wait")
    assert len(json.loads(asked.stdout)) == CELLS


def test_a_body_may_come_from_a_file(demo_home: Home, tmp_path: Path):
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"name": "ListGenes", "limit": 2, "geneNamesFilter": "^CD1"}))
    asked = demo_home.tandem("submit", "--body", body, "--wait")
    assert asked.returncode == 0, asked.stderr
    assert all(name.startswith("CD1") for name in json.loads(asked.stdout)["gene_names"])


def test_a_request_can_be_sent_now_and_awaited_later(demo_home: Home):
    sent = demo_home.tandem("submit", "GetNGenes", "--fresh")
    run_id = sent.stdout.split()[1]
    awaited = demo_home.tandem("wait", run_id)
    assert len(json.loads(awaited.stdout)) == CELLS


def test_a_task_that_fails_says_why(demo_home: Home):
    asked = demo_home.tandem("submit", "GeneExpression", "--genes", "NOSUCHGENE", "--wait")
    assert asked.returncode == 1
    assert "NOSUCHGENE" in asked.stderr
    assert "Traceback" not in asked.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["submit", "Nonsense"], "GeneExpression"),
        (["submit", "GeneExpression"], "genes"),
        (["submit", "GeneExpression", "--gene", "LYZ"], "--genes"),
        (["submit", "GetNUmis", "--experiment", "absent"], "no such folder"),
        (["submit", "--body", "absent.json"], "absent.json"),
        (["up", "--experiment", "absent"], "In "),
        (["logs", "absent"], "worker-demo"),
        (["wait", "absent"], "absent"),
        (["debug", "nonsense"], "not 'nonsense'.\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_answered_with_one_sentence(demo_home: Home, words: list[str], said: str):
    answer = demo_home.tandem(*words)
    assert answer.returncode in (1, 2)
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_status_names_every_part_and_its_address(demo_home: Home):
    shown = demo_home.tandem("status").stdout
    for part in ("redis", "gateway", "r-demo", "worker-demo"):
        assert part in shown
    assert demo_home.plan.r_url("demo") in shown
    assert "0 waiting" in shown


def test_the_doctor_finds_nothing(demo_home: Home):
    said = demo_home.tandem("doctor")
    assert said.returncode == 0, said.stdout
    assert "All is well" in said.stdout


def test_a_second_up_changes_nothing(demo_home: Home):
    before = demo_home.processes()
    assert demo_home.tandem("up").returncode == 0
    assert demo_home.processes() >= before


def test_runs_and_analyses_are_listed(demo_home: Home):
    assert "GetNUmis" in demo_home.tandem("runs").stdout
    shown = demo_home.tandem("tasks").stdout
    assert all(task in shown for task in CATALOGUE)


def test_logs_of_one_part_are_shown(demo_home: Home):
    assert "redis" in demo_home.tandem("logs", "redis", "-n", "3").stdout


def test_a_request_is_saved_for_debugging_and_run_again(demo_home: Home):
    for name in ("getNUmis", "GetNUmis"):
        assert demo_home.tandem("debug", name).returncode == 0
    asked = demo_home.tandem("submit", "GetNUmis", "--fresh", "--wait")
    assert asked.returncode == 0, asked.stderr
    assert demo_home.tandem("debug", "off").returncode == 0
    [saved] = (demo_home.layout.data / "debug").glob("*_req.rds")
    again = demo_home.tandem("replay", saved)
    assert again.returncode == 0, again.stderr
    assert "num" in again.stdout
