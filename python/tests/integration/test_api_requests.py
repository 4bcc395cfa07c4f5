"""Work requests and tasks over real HTTP, with a real worker and R behind."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
import zstandard

from fixtures.stack import Stack
from helpers.api_process import ApiProcess
from tandem.queues.sqlite import SqliteQueue
from tandem.records.base import Progress, Wanted
from tandem.states import State

FACTS = {"GetNUmis": {"name": "GetNUmis"}, "markers": {"name": "MarkerHeatmap", "nGenes": 2}}
CLUSTER = {"name": "ClusterCells", "type": "louvain", "config": {"resolution": 0.8}}


class Api(ApiProcess):
    """The gateway with the stack behind it."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack.environment, stack.folder / "gateway.log")
        self.stack = stack


def make_stack(folder: Path, source: Path, redis_port: int, r_url: str) -> Stack:
    data = folder / "data"
    shutil.copytree(source, data)
    stack = Stack(folder, data, redis_port, r_url)
    # A queue for each experiment, as the local platform has them.
    stack.environment["TANDEM_QUEUE_URL"] = f"sqlite:///{folder / 'queue.sqlite'}#small"
    stack.queue.close()
    stack.queue = SqliteQueue(folder / "queue.sqlite", "small", 2.0)
    return stack


@pytest.fixture(scope="module")
def api(tmp_path_factory, small_experiment, redis_server, shared_r) -> Iterator[Api]:
    """A gateway with a worker that works."""
    stack = make_stack(tmp_path_factory.mktemp("api"), small_experiment, redis_server.port, shared_r.url)
    stack.start_worker()
    made = Api(stack)
    yield made
    made.close()
    stack.close()


@pytest.fixture(scope="module")
def asleep(tmp_path_factory, small_experiment, redis_server, shared_r) -> Iterator[Api]:
    """A gateway whose experiment nobody works for."""
    made = Api(make_stack(tmp_path_factory.mktemp("asleep"), small_experiment, redis_server.port, shared_r.url))
    yield made
    made.close()
    made.stack.close()


def problem(answer: httpx.Response) -> dict[str, object]:
    """The problem that an answer tells of."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["detail"]
    return dict(told)


# asking


def test_a_result_is_made_and_then_handed_out(api):
    body = {"name": "GetNGenes"}
    first = api.ask(body)
    told = api.wait(api.task_of(first))
    second = api.ask(body)

    assert first.json()["data"] == {"ETag": told["etag"], "signedUrl": None}
    assert told["state"] == "COMPLETE"
    assert second.json()["data"] == {"ETag": told["etag"], "signedUrl": f"{api.url}/results/{told['etag']}"}
    assert "Location" not in second.headers
    assert httpx.get(second.json()["data"]["signedUrl"]).json() == api.http.get(f"/tasks/{told['id']}/result").json()


def test_what_the_command_line_made_is_found(api, tmp_path):
    command = [sys.executable, "-m", "tandem", "submit", "GetDoubletScore", "--experiment", "small"]
    output = tmp_path / "scores.json"
    done = subprocess.run(
        [*command, "-o", str(output)],
        env=os.environ | api.stack.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    there = api.ask({"name": "GetDoubletScore"}).json()["data"]["signedUrl"]
    assert httpx.get(there).json() == json.loads(output.read_text())


def test_equal_requests_at_once_are_one_run(asleep):
    body = {"name": "ListGenes", "limit": 7}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: asleep.ask(body), range(32)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({asleep.task_of(answer) for answer in answers}) == 1
    [etag] = {answer.json()["data"]["ETag"] for answer in answers}
    assert asleep.stack.record.count(Wanted(etag=etag)) == 1


def test_different_requests_are_runs_of_their_own(asleep):
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
    tasks = [asleep.task_of(asleep.ask(body, requestProps=given)) for given in props]

    assert len(set(tasks)) == len(props)
    for task, given in zip(tasks, props, strict=True):
        assert asleep.http.get(f"/tasks/{task}").json()["request"]["requestProps"] == given, "as it was sent"


def test_who_waits_much_longer_than_the_run_under_way_gets_one_more(asleep):
    body = {"name": "GetNUmis"}
    short = asleep.task_of(asleep.ask(body, seconds=30))

    assert asleep.task_of(asleep.ask(body, seconds=50)) == short
    long = asleep.task_of(asleep.ask(body, seconds=3000))
    assert long != short
    assert asleep.task_of(asleep.ask(body, seconds=3000)) == long
    assert asleep.task_of(asleep.ask(body, seconds=20)) in (short, long)


def test_what_changes_cell_sets_is_done_each_time_but_once_at_a_time(api, asleep):
    first = api.wait(api.task_of(api.ask(CLUSTER)))
    second = api.wait(api.task_of(api.ask(CLUSTER)))
    assert (first["state"], second["state"]) == ("COMPLETE", "COMPLETE")
    assert first["id"] != second["id"]
    assert first["etag"] == second["etag"]

    tasks = {asleep.task_of(asleep.ask(CLUSTER)) for _ in range(3)}
    assert len(tasks) == 1


def test_the_same_words_twice_are_two_messages(asleep):
    """A queue that removes equal messages must not swallow what is asked for once more."""
    timeout = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = CLUSTER | {"config": {"resolution": 0.9}}
    first = asleep.task_of(asleep.ask(body, timeout=timeout))
    asleep.http.delete(f"/tasks/{first}").raise_for_status()

    assert asleep.task_of(asleep.ask(body, timeout=timeout)) != first


@pytest.mark.parametrize("body", [{"name": "GetNUmis"}, CLUSTER])
def test_a_token_is_neither_kept_nor_sent_where_nobody_needs_it(asleep, body):
    headers = {"Authorization": "Bearer secret-token"}
    task = asleep.task_of(asleep.ask(body | {"more": time.time()}, headers=headers))

    assert "secret-token" not in json.dumps(asleep.stack.record.request(task))
    for file in asleep.stack.folder.glob("*.sqlite*"):
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
def test_what_is_wrong_is_answered_with_a_problem(asleep, given, status, reason):
    body = given.pop("body", {"name": "GetNUmis"})
    answer = asleep.ask(body, **given)

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
def test_what_is_no_request_is_never_the_gateways_fault(asleep, text):
    answer = asleep.http.post("/v2/workRequest/small", content=text, headers={"Content-Type": "application/json"})

    assert answer.status_code in (400, 422), answer.text
    problem(answer)


# tasks


def test_tasks_are_listed_by_what_they_are(asleep):
    first = asleep.task_of(asleep.ask({"name": "ListGenes", "limit": 1}))
    since = asleep.http.get(f"/tasks/{first}").json()["queuedAt"]
    asleep.task_of(asleep.ask({"name": "ListGenes", "limit": 2}))
    asleep.http.delete(f"/tasks/{first}").raise_for_status()

    def listed(**query):
        return asleep.http.get("/tasks", params={"since": since, **query}).raise_for_status().json()

    assert listed()["total"] == 2
    assert listed(state=["QUEUED", "KILLED"])["total"] == 2
    assert [item["id"] for item in listed(state="KILLED", task="ListGenes")["items"]] == [first]
    assert listed(experiment="other") == {"items": [], "total": 0, "offset": 0, "limit": 50}
    assert [item["id"] for item in listed(offset=1, limit=1)["items"]] == [first]


@pytest.mark.parametrize(
    "query",
    [
        {"state": "DONE"},
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"limit": 0},
        {"limit": 10**30},
        {"offset": -1},
        {"task": "a\0b"},
    ],
)
def test_a_list_that_cannot_be_is_refused(asleep, query):
    answer = asleep.http.get("/tasks", params=query)

    assert answer.status_code == 422
    problem(answer)


def test_a_task_that_waits_is_cancelled_at_once_and_a_worker_that_meets_it_later_does_no_harm(
    tmp_path, small_experiment, redis_server, shared_r
):
    stack = make_stack(tmp_path, small_experiment, redis_server.port, shared_r.url)
    api = Api(stack)
    try:
        assert stack.ear.heard == []
        answer = api.ask({"name": "GetNUmis"})
        task, etag = api.task_of(answer), answer.json()["data"]["ETag"]
        cancelled = api.http.delete(f"/tasks/{task}")
        assert (cancelled.status_code, cancelled.json()["state"]) == (202, "KILLED")
        again = api.http.delete(f"/tasks/{task}")
        assert again.status_code == 409
        assert "ended already: it is KILLED" in str(problem(again)["detail"])

        stack.start_worker()
        stack.wait_until_settled()

        told = api.http.get(f"/tasks/{task}").json()
        assert (told["state"], told["startedAt"], told["attempts"]) == ("KILLED", None, [])
        assert stack.wait_for_answer(etag)["response"]["errorCode"] == "TASK_CANCELLED"
        assert api.wait(api.task_of(api.ask({"name": "GetNUmis"})))["state"] == "COMPLETE"
    finally:
        api.close()
        stack.close()


def test_a_task_runs_again_though_its_result_is_there(api):
    first = api.wait(api.task_of(api.ask({"name": "GetMitochondrialContent"})))
    answer = api.http.post(f"/tasks/{first['id']}/again")

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/tasks/{answer.json()['id']}"
    second = api.wait(answer.json()["id"])
    assert second["state"] == "COMPLETE"
    assert second["etag"] != first["etag"]
    assert second["request"]["body"] == first["request"]["body"]
    results = [api.http.get(f"/tasks/{told['id']}/result").json() for told in (first, second)]
    assert results[0] == results[1]


def test_a_failed_task_says_why_and_can_be_tried_again(api):
    first = api.wait(api.task_of(api.ask({"name": "GeneExpression", "genes": ["no such gene"]})))
    assert (first["state"], first["errorCode"]) == ("FAILED", "R_WORKER_GENE_NOT_FOUND")
    assert "no such gene" in first["reason"]
    result = api.http.get(f"/tasks/{first['id']}/result")
    assert result.status_code == 409
    assert "FAILED" in str(problem(result)["detail"])

    assert api.wait(api.http.post(f"/tasks/{first['id']}/again").json()["id"])["state"] == "FAILED"


def test_what_to_expect_is_told_from_what_was(api):
    ids = [api.task_of(api.ask({"name": "ListGenes", "limit": limit})) for limit in (1, 2, 3)]
    took = []
    for told in map(api.wait, ids):
        started, ended = (datetime.fromisoformat(told[name]) for name in ("startedAt", "finishedAt"))
        took.append((ended - started).total_seconds())

    expected = api.http.get(f"/tasks/{ids[0]}").json()["expectedSeconds"]
    assert expected is None or min(took) <= expected <= max(took)
    never = api.http.get("/tasks/none")
    assert never.status_code == 404
    problem(never)


def test_progress_is_told_as_the_record_has_it(asleep):
    task = asleep.task_of(asleep.ask({"name": "GetNGenes"}))
    record = asleep.stack.record
    record.started(task, attempt=1)
    assert asleep.http.get(f"/tasks/{task}").json()["progress"] is None
    record.progressed(task, Progress("Comparing cell sets", 1, 3))

    told = asleep.http.get(f"/tasks/{task}").json()
    assert told["progress"] == {"message": "Comparing cell sets", "step": 1, "total": 3}
    assert [one["attempt"] for one in told["attempts"]] == [1]
    record.finished(task, State.FAILED)


def test_what_was_never_a_sound_request_cannot_be_asked_again(asleep):
    facts = {"experiment": "small", "task": "GetNUmis", "etag": "ab"}
    asleep.stack.record.queued("odd", **facts, request={"body": {"name": "GetNUmis"}, "requestProps": 5})
    asleep.stack.record.queued("dark", **facts)
    asleep.stack.record.queued("import", **facts | {"task": "Import"}, request={"files": []})

    for task, status in (("odd", 400), ("dark", 409), ("import", 409)):
        answer = asleep.http.post(f"/tasks/{task}/again")
        assert answer.status_code == status, answer.text
        problem(answer)


def test_who_waits_for_ever_can_ask_again(asleep):
    task = asleep.task_of(asleep.ask({"name": "GetNUmis"}, timeout="9999-12-31T23:59:59Z"))
    answer = asleep.http.post(f"/tasks/{task}/again")

    assert answer.status_code == 202, answer.text
    asleep.http.delete(f"/tasks/{answer.json()['id']}").raise_for_status()


# results


def test_a_result_comes_in_an_encoding_that_the_client_understands(api):
    told = api.wait(api.task_of(api.ask({"name": "ListGenes", "limit": 20})))
    for path in (f"/tasks/{told['id']}/result", f"/results/{told['etag']}"):
        plain, packed = (
            api.http.get(path, headers={"Accept-Encoding": encoding}) for encoding in ("identity", "gzip, br")
        )
        assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
        assert plain.json() == packed.json()
        assert "Content-Disposition" not in plain.headers


def test_a_result_in_zstd_is_read_by_clients_that_know_it_and_by_those_that_do_not(api):
    text = json.dumps(list(range(200_000))).encode()
    stored = zstandard.compress(text)
    api.stack.store.put("abc123", BytesIO(stored), content_type="application/json", content_encoding="zstd")

    with httpx.stream("GET", f"{api.url}/results/abc123", headers={"Accept-Encoding": "zstd"}) as answer:
        assert answer.headers["Content-Encoding"] == "zstd"
        assert answer.headers["Content-Length"] == str(len(stored))
    plain = httpx.get(f"{api.url}/results/abc123", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == text


def test_a_file_is_named_as_people_save_it(api):
    told = api.wait(api.task_of(api.ask({"name": "GetNormalizedExpression"})))
    for path in (f"/tasks/{told['id']}/result", f"/results/{told['etag']}"):
        answer = api.http.get(path)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="NormalizedExpression.csv.gz"'
        assert "Content-Encoding" not in answer.headers, "else the file would be saved unpacked under this name"
        assert gzip.decompress(answer.content).startswith(b", ,")


def test_a_result_that_is_gone_is_said_to_be(api):
    told = api.wait(api.task_of(api.ask({"name": "ListGenes", "limit": 33})))
    api.stack.store.delete(told["etag"])

    gone = api.http.get(f"/tasks/{told['id']}/result")
    assert gone.status_code == 410
    assert "Run the task again" in str(problem(gone)["detail"])
    assert api.http.get(f"/results/{told['etag']}").status_code == 404
    assert api.wait(api.task_of(api.ask({"name": "ListGenes", "limit": 33})))["state"] == "COMPLETE"


def test_a_task_that_changed_cell_sets_has_no_result_and_says_where_to_look(api):
    told = api.wait(api.task_of(api.ask(CLUSTER)))
    answer = api.http.get(f"/tasks/{told['id']}/result")

    assert answer.status_code == 409
    assert "in the cell sets" in str(problem(answer)["detail"])
