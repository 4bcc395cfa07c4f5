"""A task travels from the queue to its result: a real worker, R service, Redis, queue, store and record."""

import gzip
import io
import json
import socket

import pytest

from helpers.xray import Daemon
from tandem.states import State
from tandem.tasks.answers import copy_answer

SMALL_TASKS = [
    {"name": "GetNUmis"},
    {"name": "GetNGenes"},
    {"name": "GetMitochondrialContent"},
    {"name": "GetDoubletScore"},
    {"name": "GetEmbedding", "type": "pca", "useSaved": False, "config": {}},
    {"name": "ListGenes", "orderBy": "dispersions", "orderDirection": "DESC", "offset": 0, "limit": 5},
]


@pytest.mark.parametrize("body", SMALL_TASKS, ids=lambda body: body["name"])
def test_a_task_ends_as_a_stored_result_and_an_event_that_carries_it(stack, body):
    message = stack.message(body["name"], **{k: v for k, v in body.items() if k != "name"})
    run_id = stack.send(message)
    stack.start_worker()

    answer = stack.wait_for_answer(message["ETag"])
    stack.wait_until_settled()

    with stack.store.get(message["ETag"]) as stored:
        assert json.loads(gzip.decompress(stored.read())) == answer
    known = stack.store.head(message["ETag"])
    assert known.content_type == "application/json"
    assert known.content_encoding == "gzip"
    assert known.tags == {"experimentId": message["experimentId"], "requestType": body["name"]}
    assert stack.record.get(run_id).state is State.COMPLETE


def test_the_client_is_told_of_every_step_in_order(stack):
    message = stack.message("GetNUmis")
    stack.send(message)
    stack.start_worker()
    stack.wait_for_answer(message["ETag"])
    stack.wait_until_settled()

    heartbeats = [payload["status_code"] for event, payload in stack.ear.heard if event.startswith("Heartbeat-")]
    assert heartbeats == ["STARTED_TASK", "COMPRESSING_DATA", "UPLOADING_DATA", "FINISHED_TASK"]
    assert stack.ear.heard[-1][0] == f"WorkResponse-{message['ETag']}"


def test_a_broadcast_reaches_everybody_who_looks_at_the_experiment(stack):
    message = stack.message("Effect", seconds=0)
    message["requestProps"]["broadcast"] = True
    stack.send(message)
    stack.start_worker()

    answer = stack.wait_for_answer(message["ETag"])

    [update] = stack.ear.events(f"ExperimentUpdates-{message['experimentId']}")
    assert update["request"]["body"] == message["body"]
    assert update["response"] == {"cacheable": False, "error": False}
    assert answer["response"]["signedUrl"] == message["signedUrl"]


def test_a_result_that_is_an_effect_is_not_stored(stack):
    message = stack.message("Effect", seconds=0)
    run_id = stack.send(message)
    stack.start_worker()

    assert stack.wait_until_terminal(run_id).state is State.COMPLETE
    assert stack.store.head(message["ETag"]) is None


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_result_too_large_for_an_event_is_told_by_its_address(stack, encoding):
    message = stack.message("Flood", megabytes=40)
    stack.send(message)
    stack.start_worker(TANDEM_COMPRESSION=encoding, TANDEM_VISIBILITY="30")

    answer = stack.wait_for_answer(message["ETag"])

    assert answer["response"] == {"cacheable": True, "error": False, "signedUrl": message["signedUrl"]}
    assert "Authorization" not in answer["request"]
    known = stack.store.head(message["ETag"])
    assert known.size > 30_000_000
    assert (known.content_type, known.content_encoding) == ("application/json", encoding)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_file_is_stored_as_r_wrote_it_and_told_by_its_address_however_small(stack, encoding):
    message = stack.message("Export", rows=3)
    stack.send(message)
    stack.start_worker(TANDEM_COMPRESSION=encoding)

    answer = stack.wait_for_answer(message["ETag"])

    assert answer["response"] == {"cacheable": True, "error": False, "signedUrl": message["signedUrl"]}
    with stack.store.get(message["ETag"]) as stored:
        assert gzip.decompress(stored.read()) == b"row 1\nrow 2\nrow 3\n"
    known = stack.store.head(message["ETag"])
    assert (known.content_type, known.content_encoding) == ("application/gzip", None)
    assert known.tags == {"experimentId": message["experimentId"], "requestType": "Export"}
    kept = io.BytesIO()
    copy_answer(stack.store, message["ETag"], kept)
    assert gzip.decompress(kept.getvalue()) == b"row 1\nrow 2\nrow 3\n", "whoever fetches it has the file, too"


def test_a_file_that_is_in_the_store_already_is_told_by_its_address(stack):
    message = stack.message("Export", rows=3)
    stack.send(message)
    stack.start_worker()
    stack.wait_for_answer(message["ETag"])
    stack.wait_until_settled()

    run_id = stack.send(message)

    assert stack.wait_until_terminal(run_id).state is State.COMPLETE
    stack.check_announced(message["ETag"], times=2)
    first, second = stack.ear.events(f"WorkResponse-{message['ETag']}")
    assert first == second
    assert second["response"]["signedUrl"] == message["signedUrl"]


def test_a_layout_that_was_computed_before_is_taken_up_by_its_etag(stack):
    layout = stack.message("GetEmbedding", type="pca")
    stack.send(layout)
    stack.start_worker()
    stack.wait(lambda: stack.store.head(layout["ETag"]))
    counted, expired = (stack.message("CountPoints", etag=etag) for etag in (layout["ETag"], "ab12"))
    stack.send(counted)
    stack.send(expired)

    assert stack.wait_for_answer(counted["ETag"]) == {"points": [80], "filtered": [19]}
    assert stack.wait_for_answer(expired["ETag"]) == {"points": [0], "filtered": [0]}


def test_an_error_of_the_analysis_reaches_the_client_with_its_code(stack):
    message = stack.message("GeneExpression", genes=["NOSUCHGENE"])
    run_id = stack.send(message)
    stack.start_worker()

    answer = stack.wait_for_answer(message["ETag"])

    assert answer["response"]["error"] is True
    assert answer["response"]["errorCode"] == "R_WORKER_GENE_NOT_FOUND"
    assert "NOSUCHGENE" in answer["response"]["userMessage"]
    run = stack.wait_until_terminal(run_id)
    assert (run.state, run.error_code) == (State.FAILED, "R_WORKER_GENE_NOT_FOUND")
    assert stack.store.head(message["ETag"]) is None


def test_an_error_with_a_long_message_is_no_crash(stack):
    message = stack.message("GeneExpression", genes=[f"NOSUCHGENE{number}" for number in range(9000)])
    run_id = stack.send(message)
    stack.start_worker()

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.attempt, run.error_code) == (State.FAILED, 1, "R_WORKER_GENE_NOT_FOUND")


def test_a_request_that_may_take_for_ever_is_answered(stack):
    message = stack.message("GetNUmis") | {"timeout": "9999-12-31T23:59:59Z"}
    stack.send(message)
    stack.start_worker()

    assert isinstance(stack.wait_for_answer(message["ETag"]), list)


def test_an_unexpected_error_of_r_tells_the_client_nothing_of_its_inside(stack):
    message = stack.message("Fail", message="secret path /srv/x")
    stack.send(message)
    stack.start_worker()

    answer = stack.wait_for_answer(message["ETag"])

    assert answer["response"]["errorCode"] == "R_WORKER_UNHANDLED_ERROR"
    assert "secret" not in json.dumps(answer["response"])


def test_r_listens_to_its_own_machine_alone(shared_r):
    with socket.create_connection(("127.0.0.1", shared_r.port), timeout=5):
        pass
    # Whoever listened on all addresses would be found at this one too.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", shared_r.port), timeout=5)


def test_a_request_without_request_props_or_signed_url_is_answered(stack):
    message = stack.message("GetNUmis")
    del message["requestProps"], message["signedUrl"]
    stack.send(message)
    stack.start_worker()

    assert isinstance(stack.wait_for_answer(message["ETag"]), list)


def test_tasks_of_one_group_run_beside_each_other(stack):
    slow, quick = stack.message("Sleep", seconds=3), stack.message("GetNUmis")
    slow_id = stack.send(slow)
    stack.send(quick)
    stack.start_worker()

    stack.wait_for_answer(quick["ETag"])

    assert stack.record.get(slow_id).state is State.RUNNING
    assert stack.wait_until_terminal(slow_id).state is State.COMPLETE


def test_a_cancelled_task_is_killed_while_it_runs(stack):
    message = stack.message("Sleep", seconds=60)
    run_id = stack.send(message)
    stack.start_worker()
    stack.wait_until_running(run_id)

    stack.record.request_kill(run_id)

    run = stack.wait_until_terminal(run_id, within_s=5)
    assert run.state is State.KILLED
    answer = stack.wait_for_answer(message["ETag"])
    assert answer["response"]["errorCode"] == "TASK_CANCELLED"
    stack.wait_until_settled()


def test_a_task_cancelled_in_the_queue_never_starts(stack):
    message = stack.message("Sleep", seconds=60)
    run_id = stack.send(message)
    stack.record.queued(run_id, experiment="small", task="Sleep", etag=message["ETag"])
    stack.record.request_kill(run_id)
    stack.start_worker()

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.started_at) == (State.KILLED, None)


def test_no_log_line_carries_a_token_or_a_signed_address(stack):
    messages = [stack.message("GetNUmis"), stack.message("Fail", message="x"), stack.message("Nonsense")]
    ids = [stack.send(message) for message in messages]
    stack.start_worker(LOG_FORMAT="json")
    for run_id in ids:
        stack.wait_until_terminal(run_id)

    log = stack.log()
    assert "eyJ" not in log
    assert "X-Amz-Signature" not in log
    assert all(json.loads(line)["message"] for line in log.splitlines())


def test_a_task_is_traced_with_its_steps(stack):
    daemon = Daemon()
    message = stack.message("GetNUmis")
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert stack.ear.heard == []
    stack.queue.send(json.dumps(message), attributes={"AWSTraceHeader": header})
    stack.start_worker(TANDEM_XRAY="true", AWS_XRAY_DAEMON_ADDRESS=daemon.address)
    stack.wait_for_answer(message["ETag"])

    segment = daemon.segment(within_s=10)
    daemon.close()

    assert segment["name"] == "worker-development-default"
    assert segment["trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert segment["annotations"]["task"] == "GetNUmis"
    assert [part["name"] for part in segment["subsegments"]] == ["prepare", "R", "upload", "notify"]


def test_a_bad_trace_header_is_no_reason_to_fail(stack):
    message = stack.message("GetNUmis")
    assert stack.ear.heard == []
    stack.queue.send(json.dumps(message), attributes={"AWSTraceHeader": "Root=nonsense;;;="})
    stack.start_worker(TANDEM_XRAY="true", AWS_XRAY_DAEMON_ADDRESS="127.0.0.1:9")

    assert isinstance(stack.wait_for_answer(message["ETag"]), list)


def test_an_idle_worker_ends_by_itself(stack):
    worker = stack.start_worker(IGNORE_TIMEOUT="false", TIMEOUT="1")

    assert worker.wait(15) == 0
