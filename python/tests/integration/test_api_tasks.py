"""Tasks and results over real HTTP: listed, cancelled, run again, handed out, with a real worker and R behind."""

import gzip
import json
from datetime import datetime
from io import BytesIO

import httpx
import pytest
import zstandard

from helpers.api_process import problem
from tandem.records.base import Progress
from tandem.states import State

CLUSTER = {"name": "ClusterCells", "type": "louvain", "config": {"resolution": 0.8}}


def test_tasks_are_listed_by_what_they_are(sleeping_api):
    first = sleeping_api.task_of(sleeping_api.ask({"name": "ListGenes", "limit": 1}))
    since = sleeping_api.http.get(f"/tasks/{first}").json()["queuedAt"]
    sleeping_api.task_of(sleeping_api.ask({"name": "ListGenes", "limit": 2}))
    sleeping_api.http.delete(f"/tasks/{first}").raise_for_status()

    def listed(**query):
        return sleeping_api.http.get("/tasks", params={"since": since, **query}).raise_for_status().json()

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
def test_a_list_that_cannot_be_is_refused(sleeping_api, query):
    answer = sleeping_api.http.get("/tasks", params=query)

    assert answer.status_code == 422
    problem(answer)


def test_a_task_that_waits_is_cancelled_at_once_and_a_worker_that_meets_it_later_does_no_harm(tmp_path, make_api):
    api = make_api(tmp_path)
    stack = api.stack
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


def test_a_task_runs_again_though_its_result_is_there(working_api):
    first = working_api.wait(working_api.task_of(working_api.ask({"name": "GetMitochondrialContent"})))
    answer = working_api.http.post(f"/tasks/{first['id']}/again")

    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/tasks/{answer.json()['id']}"
    second = working_api.wait(answer.json()["id"])
    assert second["state"] == "COMPLETE"
    assert second["etag"] != first["etag"]
    assert second["request"]["body"] == first["request"]["body"]
    results = [working_api.http.get(f"/tasks/{told['id']}/result").json() for told in (first, second)]
    assert results[0] == results[1]


def test_a_failed_task_says_why_and_can_be_tried_again(working_api):
    first = working_api.wait(
        working_api.task_of(working_api.ask({"name": "GeneExpression", "genes": ["no such gene"]}))
    )
    assert (first["state"], first["errorCode"]) == ("FAILED", "R_WORKER_GENE_NOT_FOUND")
    assert "no such gene" in first["reason"]
    result = working_api.http.get(f"/tasks/{first['id']}/result")
    assert result.status_code == 409
    assert "FAILED" in str(problem(result)["detail"])

    assert working_api.wait(working_api.http.post(f"/tasks/{first['id']}/again").json()["id"])["state"] == "FAILED"


def test_what_to_expect_is_told_from_what_was(working_api):
    ids = [working_api.task_of(working_api.ask({"name": "ListGenes", "limit": limit})) for limit in (1, 2, 3)]
    took = []
    for told in map(working_api.wait, ids):
        started, ended = (datetime.fromisoformat(told[name]) for name in ("startedAt", "finishedAt"))
        took.append((ended - started).total_seconds())

    expected = working_api.http.get(f"/tasks/{ids[0]}").json()["expectedSeconds"]
    assert expected is None or min(took) <= expected <= max(took)
    never = working_api.http.get("/tasks/none")
    assert never.status_code == 404
    problem(never)


def test_progress_is_told_as_the_record_has_it(sleeping_api):
    task = sleeping_api.task_of(sleeping_api.ask({"name": "GetNGenes"}))
    record = sleeping_api.stack.record
    record.started(task, attempt=1)
    assert sleeping_api.http.get(f"/tasks/{task}").json()["progress"] is None
    record.progressed(task, Progress("Comparing cell sets", 1, 3))

    told = sleeping_api.http.get(f"/tasks/{task}").json()
    assert told["progress"] == {"message": "Comparing cell sets", "step": 1, "total": 3}
    assert [one["attempt"] for one in told["attempts"]] == [1]
    record.finished(task, State.FAILED)


def test_what_was_never_a_sound_request_cannot_be_asked_again(sleeping_api):
    facts = {"experiment": "small", "task": "GetNUmis", "etag": "ab"}
    sleeping_api.stack.record.queued("odd", **facts, request={"body": {"name": "GetNUmis"}, "requestProps": 5})
    sleeping_api.stack.record.queued("dark", **facts)
    sleeping_api.stack.record.queued("import", **facts | {"task": "Import"}, request={"files": []})

    for task, status in (("odd", 400), ("dark", 409), ("import", 409)):
        answer = sleeping_api.http.post(f"/tasks/{task}/again")
        assert answer.status_code == status, answer.text
        problem(answer)


def test_who_waits_for_ever_can_ask_again(sleeping_api):
    task = sleeping_api.task_of(sleeping_api.ask({"name": "GetNUmis"}, timeout="9999-12-31T23:59:59Z"))
    answer = sleeping_api.http.post(f"/tasks/{task}/again")

    assert answer.status_code == 202, answer.text
    sleeping_api.http.delete(f"/tasks/{answer.json()['id']}").raise_for_status()


# results


def test_a_result_comes_in_an_encoding_that_the_client_understands(working_api):
    told = working_api.wait(working_api.task_of(working_api.ask({"name": "ListGenes", "limit": 20})))
    for path in (f"/tasks/{told['id']}/result", f"/results/{told['etag']}"):
        plain, packed = (
            working_api.http.get(path, headers={"Accept-Encoding": encoding}) for encoding in ("identity", "gzip, br")
        )
        assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
        assert plain.json() == packed.json()
        assert "Content-Disposition" not in plain.headers


def test_a_result_in_zstd_is_read_by_clients_that_know_it_and_by_those_that_do_not(working_api):
    text = json.dumps(list(range(200_000))).encode()
    stored = zstandard.compress(text)
    working_api.stack.store.put("abc123", BytesIO(stored), content_type="application/json", content_encoding="zstd")

    with httpx.stream("GET", f"{working_api.url}/results/abc123", headers={"Accept-Encoding": "zstd"}) as answer:
        assert answer.headers["Content-Encoding"] == "zstd"
        assert answer.headers["Content-Length"] == str(len(stored))
    plain = httpx.get(f"{working_api.url}/results/abc123", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == text


def test_a_file_is_named_as_people_save_it(working_api):
    told = working_api.wait(working_api.task_of(working_api.ask({"name": "GetNormalizedExpression"})))
    for path in (f"/tasks/{told['id']}/result", f"/results/{told['etag']}"):
        answer = working_api.http.get(path)
        assert answer.headers["Content-Disposition"] == 'attachment; filename="NormalizedExpression.csv.gz"'
        assert "Content-Encoding" not in answer.headers, "else the file would be saved unpacked under this name"
        assert gzip.decompress(answer.content).startswith(b", ,")


def test_a_result_that_is_gone_is_said_to_be(working_api):
    told = working_api.wait(working_api.task_of(working_api.ask({"name": "ListGenes", "limit": 33})))
    working_api.stack.store.delete(told["etag"])

    gone = working_api.http.get(f"/tasks/{told['id']}/result")
    assert gone.status_code == 410
    assert "Run the task again" in str(problem(gone)["detail"])
    assert working_api.http.get(f"/results/{told['etag']}").status_code == 404
    assert (
        working_api.wait(working_api.task_of(working_api.ask({"name": "ListGenes", "limit": 33})))["state"]
        == "COMPLETE"
    )


def test_a_task_that_changed_cell_sets_has_no_result_and_says_where_to_look(working_api):
    told = working_api.wait(working_api.task_of(working_api.ask(CLUSTER)))
    answer = working_api.http.get(f"/tasks/{told['id']}/result")

    assert answer.status_code == 409
    assert "in the cell sets" in str(problem(answer)["detail"])
