"""Work requests over real HTTP: named, joined, refused in words, with a real worker and R behind."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from helpers.api_process import problem
from tandem.records.base import Wanted

CLUSTER = {"name": "ClusterCells", "type": "louvain", "config": {"resolution": 0.8}}


def test_a_result_is_made_and_then_handed_out(working_api):
    body = {"name": "GetNGenes"}
    first = working_api.ask(body)
    told = working_api.wait(working_api.task_of(first))
    second = working_api.ask(body)

    assert first.json()["data"] == {"ETag": told["etag"], "signedUrl": None}
    assert told["state"] == "COMPLETE"
    assert second.json()["data"] == {"ETag": told["etag"], "signedUrl": f"{working_api.url}/results/{told['etag']}"}
    assert "Location" not in second.headers
    assert (
        httpx.get(second.json()["data"]["signedUrl"]).json()
        == working_api.http.get(f"/tasks/{told['id']}/result").json()
    )


def test_what_the_command_line_made_is_found(working_api, tmp_path):
    command = [sys.executable, "-m", "tandem", "submit", "GetDoubletScore", "--experiment", "small"]
    output = tmp_path / "scores.json"
    done = subprocess.run(
        [*command, "-o", str(output)],
        env=os.environ | working_api.stack.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    there = working_api.ask({"name": "GetDoubletScore"}).json()["data"]["signedUrl"]
    assert httpx.get(there).json() == json.loads(output.read_text())


def test_equal_requests_at_once_are_one_run(sleeping_api):
    body = {"name": "ListGenes", "limit": 7}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: sleeping_api.ask(body), range(32)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({sleeping_api.task_of(answer) for answer in answers}) == 1
    [etag] = {answer.json()["data"]["ETag"] for answer in answers}
    assert sleeping_api.stack.record.count(Wanted(etag=etag)) == 1


def test_different_requests_are_runs_of_their_own(sleeping_api):
    page = {"orderBy": "logFC", "orderDirection": "DESC", "offset": 0, "limit": 5, "responseKey": 0}
    props = [
        {"broadcast": False, "cacheUniquenessKey": None},
        {"broadcast": True, "cacheUniquenessKey": None},
        {"broadcast": False, "cacheUniquenessKey": 0.25},
        {"broadcast": False, "cacheUniquenessKey": None, "pagination": page},
        {"broadcast": False},
        {},
    ]
    body = {"name": "DifferentialExpression", "cellSet": "louvain-0"}
    tasks = [sleeping_api.task_of(sleeping_api.ask(body, requestProps=given)) for given in props]

    assert len(set(tasks)) == len(props)
    for task, given in zip(tasks, props, strict=True):
        assert sleeping_api.http.get(f"/tasks/{task}").json()["request"]["requestProps"] == given, "as it was sent"


def test_who_waits_much_longer_than_the_run_under_way_gets_one_more(sleeping_api):
    body = {"name": "GetNUmis"}
    short = sleeping_api.task_of(sleeping_api.ask(body, seconds=30))

    assert sleeping_api.task_of(sleeping_api.ask(body, seconds=50)) == short
    long = sleeping_api.task_of(sleeping_api.ask(body, seconds=3000))
    assert long != short
    assert sleeping_api.task_of(sleeping_api.ask(body, seconds=3000)) == long
    assert sleeping_api.task_of(sleeping_api.ask(body, seconds=20)) in (short, long)


def test_what_changes_cell_sets_is_done_each_time_but_once_at_a_time(working_api, sleeping_api):
    first = working_api.wait(working_api.task_of(working_api.ask(CLUSTER)))
    second = working_api.wait(working_api.task_of(working_api.ask(CLUSTER)))
    assert (first["state"], second["state"]) == ("COMPLETE", "COMPLETE")
    assert first["id"] != second["id"]
    assert first["etag"] == second["etag"]

    tasks = {sleeping_api.task_of(sleeping_api.ask(CLUSTER)) for _ in range(3)}
    assert len(tasks) == 1


def test_the_same_words_twice_are_two_messages(sleeping_api):
    """A queue that removes equal messages must not swallow what is asked for once more."""
    timeout = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = CLUSTER | {"config": {"resolution": 0.9}}
    first = sleeping_api.task_of(sleeping_api.ask(body, timeout=timeout))
    sleeping_api.http.delete(f"/tasks/{first}").raise_for_status()

    assert sleeping_api.task_of(sleeping_api.ask(body, timeout=timeout)) != first


@pytest.mark.parametrize("body", [{"name": "GetNUmis"}, CLUSTER])
def test_a_token_is_neither_kept_nor_sent_where_nobody_needs_it(sleeping_api, body):
    headers = {"Authorization": "Bearer secret-token"}
    task = sleeping_api.task_of(sleeping_api.ask(body | {"more": time.time()}, headers=headers))

    assert "secret-token" not in json.dumps(sleeping_api.stack.record.request(task))
    for file in sleeping_api.stack.folder.glob("*.sqlite*"):
        assert b"secret-token" not in file.read_bytes(), file.name


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"experiment": "nowhere"}, 404, "no usable experiment 'nowhere'"),
        ({"experiment": "..%2F..%2Fetc"}, 404, ""),
        ({"experimentId": "other"}, 400, "its experimentId is not small"),
        ({"experimentId": 5}, 422, "experimentId"),
        ({"body": {}}, 400, "names no task"),
        ({"body": {"name": "Nonsense"}}, 400, "no task called 'Nonsense'"),
        ({"body": {"name": ["GetNUmis"]}}, 400, "no task called"),
        ({"body": {"name": "GetEmbedding", "type": "trimap"}}, 400, "type"),
        ({"body": "GetNUmis"}, 422, "body"),
        ({"body": None}, 422, "body"),
        ({"requestProps": []}, 422, "requestProps"),
        ({"requestProps": {"broadcast": "perhaps"}}, 400, "broadcast"),
        ({"requestProps": {"cacheUniquenessKey": {}}}, 400, "cacheUniquenessKey"),
        ({"requestProps": {"pagination": {"limit": -1}}}, 400, "pagination.limit"),
        ({"timeout": "yesterday"}, 422, "timeout"),
        ({"timeout": 5}, 422, "timeout"),
        ({"timeout": "0001-01-01T00:00:00+14:00"}, 422, "timeout"),
        ({"timeout": "2020-01-01T00:00:00Z"}, 400, "expired at 2020"),
    ],
)
def test_what_is_wrong_is_answered_with_a_problem(sleeping_api, given, status, reason):
    body = given.pop("body", {"name": "GetNUmis"})
    answer = sleeping_api.ask(body, **given)

    assert answer.status_code == status, answer.text
    assert reason in str(problem(answer)["detail"])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"experimentId": "small", "timeout": "2099-01-01T00:00:00Z", "body": %s, "requestProps": {}}',
        b'{"experimentId": "small", "timeout": "2099-01-01T00:00:00Z", "body": {"name": "GetNUmis", "x": NaN}}',
        b'{"experimentId": "small", "timeout": "2099-01-01T00:00:00Z", "body": {"name": "GetNUmis", "x": 1e999}}',
        b'{"experimentId": "small", "timeout": "2099-01-01T00:00:00Z", "body": {"name": "GetNUmis", "x": 1%s}}'
        % (b"0" * 400),
        b'{"experimentId": "small", "timeout": "2099-01-01T00:00:00Z", "body": {"name": "\\ud800"}}',
        b'{"experimentId": "\\ud800", "timeout": "2099-01-01T00:00:00Z", "body": {"name": "GetNUmis"}}',
        b'{"experimentId": "small", "timeout": "2099-01-01T00:00:00Z", "body": {"name": "GetNUmis", "x": %s}}'
        % (b"[" * 200 + b"]" * 200),
    ],
)
def test_what_is_no_request_is_never_the_gateways_fault(sleeping_api, text):
    answer = sleeping_api.http.post("/v2/workRequest/small", content=text, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422), answer.text
    problem(answer)
