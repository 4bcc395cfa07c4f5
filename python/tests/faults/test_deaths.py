"""Whoever dies, whenever: a request ends once, and its result is there exactly when it is complete."""

import json
import os
import signal

import httpx
import pytest

from tandem.states import State


def slow(stack, seconds):
    return stack.message("Sleep", seconds=seconds)


@pytest.mark.promise(1)
def test_a_worker_killed_in_the_middle_of_a_task_leaves_it_to_the_next(stack):
    message = slow(stack, 2)
    run_id = stack.send(message)
    first = stack.start_worker()
    stack.wait_until_running(run_id)

    first.kill()
    stack.start_worker()

    run = stack.wait_until_terminal(run_id)
    assert (run.state, run.attempt) == (State.COMPLETE, 2)
    stack.wait_until_settled()
    assert stack.store.head(message["ETag"]) is not None
    stack.check_announced(message["ETag"], times=1)


@pytest.mark.promise(2)
def test_an_r_service_killed_in_the_middle_of_a_task_is_waited_for_and_the_task_tried_again(
    make_stack, redis_server, own_r
):
    stack = make_stack(redis_server.port, own_r.url)
    own_r.start()
    own_r.wait_until_ready()
    message = slow(stack, 4)
    run_id = stack.send(message)
    stack.start_worker()
    stack.wait_until_running(run_id)
    stack.wait(lambda: own_r.status().get("busy"))

    own_r.kill()
    own_r.start()

    run = stack.wait_until_terminal(run_id, within_s=60)
    assert (run.state, run.attempt) == (State.COMPLETE, 2)


@pytest.mark.promise(4)
def test_a_task_that_hangs_is_stopped_at_its_deadline_and_the_service_lives(stack, shared_r):
    stack.start_worker()
    stack.wait(lambda: stack.status() == "ready")
    message = stack.message("Sleep", seconds=600, expires_in_s=3)
    run_id = stack.send(message)

    run = stack.wait_until_terminal(run_id, within_s=15)

    assert (run.state, run.error_code) == (State.FAILED, "TASK_TIMEOUT")
    assert "time" in run.reason
    assert shared_r.status()["ready"] is True
    assert stack.wait_for_answer(message["ETag"])["response"]["errorCode"] == "TASK_TIMEOUT"


@pytest.mark.promise(5)
def test_a_child_that_segfaults_is_tried_again_and_the_service_lives(stack, shared_r):
    generation = shared_r.status()["generation"]
    run_id = stack.send(stack.message("Crash", signal=int(signal.SIGSEGV)))
    healthy = stack.message("GetNUmis")
    healthy_id = stack.send(healthy)
    stack.start_worker()

    assert stack.wait_until_terminal(healthy_id).state is State.COMPLETE
    assert stack.wait_until_terminal(run_id).attempt == 3
    assert shared_r.status()["generation"] == generation


@pytest.mark.promise(15)
def test_a_task_that_kills_its_process_each_time_is_given_up_with_the_reason(stack):
    message = stack.message("Crash", signal=int(signal.SIGKILL))
    run_id = stack.send(message)
    stack.start_worker()

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.error_code) == (State.FAILED, "TASK_GIVEN_UP")
    assert "3 attempts" in run.reason
    stack.wait_until_settled()
    assert stack.queue.depth().dead == 1
    assert stack.wait_for_answer(message["ETag"])["response"]["error"] is True


@pytest.mark.promise(6)
def test_a_task_waits_while_r_is_loading_and_the_client_is_told(make_stack, redis_server, own_r):
    stack = make_stack(redis_server.port, own_r.url)
    assert stack.ear.heard == []
    message = stack.message("GetNUmis")
    run_id = stack.send(message)
    stack.start_worker()
    stack.wait_until_running(run_id)
    stack.wait(lambda: "LOAD_TO_MEMORY" in {told["status_code"] for told in stack.ear.events("Heartbeat-small")})

    own_r.start()

    assert stack.wait_until_terminal(run_id, within_s=60).attempt == 1, "waiting is no attempt"


@pytest.mark.promise(8)
def test_a_task_longer_than_the_visibility_time_runs_once_with_two_workers(stack):
    message = slow(stack, 7)
    run_id = stack.send(message)
    stack.start_worker()
    stack.start_worker()

    run = stack.wait_until_terminal(run_id)
    stack.wait_until_settled()

    assert (run.state, run.attempt) == (State.COMPLETE, 1)
    stack.check_announced(message["ETag"], times=1)


@pytest.mark.promise(10)
def test_a_worker_that_slept_through_its_lease_publishes_nothing(stack):
    message = slow(stack, 3)
    run_id = stack.send(message)
    sleeper = stack.start_worker()
    stack.wait_until_running(run_id)

    os.kill(sleeper.pid, signal.SIGSTOP)
    try:
        stack.start_worker()
        run = stack.wait_until_terminal(run_id)
    finally:
        os.kill(sleeper.pid, signal.SIGCONT)
    stack.wait(lambda: "nothing more is published" in stack.log(0))

    assert (run.state, run.attempt) == (State.COMPLETE, 2)
    assert stack.record.get(run_id) == run
    stack.check_announced(message["ETag"], times=1)


@pytest.mark.promise(12)
def test_a_message_delivered_twice_is_computed_once_and_announced_again(stack):
    message = stack.message("GetNUmis")
    first = stack.send(message)
    stack.start_worker()
    stack.wait_until_terminal(first)
    stored = stack.store.head(message["ETag"])

    second = stack.send(message)
    run = stack.wait_until_terminal(second)
    stack.wait_until_settled()

    assert run.state is State.COMPLETE
    assert stack.store.head(message["ETag"]) == stored
    stack.check_announced(message["ETag"], times=2)
    first_answer, second_answer = stack.ear.events(f"WorkResponse-{message['ETag']}")
    assert first_answer == second_answer


@pytest.mark.promise(14)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[]",
        "null",
        '"text"',
        "{}",
        "[" * 50_000,
        json.dumps({"ETag": 5}),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_a_message_that_is_no_request_is_put_aside_and_the_worker_lives(stack, text):
    run_id = stack.send(text)
    healthy = stack.message("GetNUmis")
    stack.send(healthy)
    worker = stack.start_worker()

    stack.wait_for_answer(healthy["ETag"])
    stack.wait_until_settled()

    assert stack.record.get(run_id).state is State.FAILED
    assert stack.queue.depth().dead == 1
    assert worker.poll() is None


@pytest.mark.promise(14)
@pytest.mark.parametrize(
    "poison",
    [
        '"genes": ["\\ud800"]',
        '"offset": 1000000000000000000000000000000',
        '"x": ' + "[" * 600 + "]" * 600,
        '"x": NaN',
    ],
    ids=["half a character", "huge integer", "deep nesting", "not a number"],
)
def test_a_message_that_events_cannot_carry_is_answered_and_put_aside(stack, poison):
    message = stack.message("GetNUmis")
    message["requestProps"]["broadcast"] = True
    stack.send(json.dumps(message)[:-1] + f', "more": {{{poison}}}}}')
    healthy = stack.message("GetNUmis")
    stack.send(healthy)
    stack.start_worker()

    answer = stack.wait_for_answer(message["ETag"])
    stack.wait_for_answer(healthy["ETag"])
    stack.wait_until_settled()

    assert answer["response"]["errorCode"] == "INVALID_INPUT"
    assert stack.queue.depth().dead == 1


@pytest.mark.promise(14)
@pytest.mark.parametrize(
    "wrong",
    [
        {"body": {"name": "NoSuchTask"}},
        {"experimentId": "another"},
        {"timeout": "9999-12-31T23:59:59-12:00"},
        {"body": {}},
        {"body": "GetNUmis"},
        {"body": {"name": "GetEmbedding", "type": "cube"}},
        {"body": {"name": "GeneExpression", "genes": "LYZ"}},
        {"timeout": "soon"},
        {"timeout": None},
        {"experimentId": 5},
        {"requestProps": "none"},
    ],
    ids=str,
)
def test_a_wrong_request_is_answered_where_its_etag_is_known(stack, wrong):
    message = stack.message("GetNUmis") | wrong
    run_id = stack.send(message)
    worker = stack.start_worker()

    answer = stack.wait_for_answer(message["ETag"])
    stack.wait_until_settled()

    assert answer["response"]["error"] is True
    assert answer["response"]["errorCode"] == "INVALID_INPUT"
    assert stack.record.get(run_id).state is State.FAILED
    assert stack.queue.depth().dead == 1
    assert worker.poll() is None


@pytest.mark.promise(16)
@pytest.mark.parametrize(
    "timeout", ["2021-01-01T00:00:00Z", "2021-01-01T00:00:00", "2021-01-01T00:00:00+05:30", "2021-01-01 00:00:00"]
)
def test_an_expired_request_is_answered_as_expired(stack, timeout):
    message = stack.message("GetNUmis") | {"timeout": timeout}
    run_id = stack.send(message)
    stack.start_worker()

    answer = stack.wait_for_answer(message["ETag"])

    assert answer["response"]["errorCode"] == "REQUEST_EXPIRED"
    assert stack.wait_until_terminal(run_id).state is State.EXPIRED
    stack.wait_until_settled()
    assert stack.store.head(message["ETag"]) is None


@pytest.mark.parametrize(
    ("place", "announcements"),
    [
        pytest.param("after upload", 1, marks=pytest.mark.promise(21)),
        pytest.param("before announcement", 1, marks=pytest.mark.promise(21)),
        pytest.param("after announcement", 2, marks=pytest.mark.promise(22)),
        pytest.param("before acknowledgement", 2, marks=pytest.mark.promise(22)),
    ],
)
def test_a_worker_that_dies_between_two_steps_leaves_only_the_rest_to_do(stack, place, announcements):
    message = stack.message("GetNUmis")
    run_id = stack.send(message)
    dying = stack.start_worker(DIE_AT=place)
    assert dying.wait(30) == -signal.SIGKILL
    stored = stack.store.head(message["ETag"])
    assert stored is not None

    stack.start_worker()
    run = stack.wait_until_terminal(run_id)
    stack.wait_until_settled()

    assert run.state is State.COMPLETE
    assert stack.store.head(message["ETag"]) == stored, "the result is not computed again"
    stack.check_announced(message["ETag"], times=announcements)


def test_a_message_that_meets_the_unexpected_each_time_is_put_aside(stack):
    run_id = stack.send(stack.message("GetNUmis"))
    worker = stack.start_worker(DIE_AT="broken announcement")

    stack.wait_until_settled()

    assert stack.queue.depth().dead == 1
    assert stack.record.get(run_id).state is State.COMPLETE, "it was computed, only nobody could be told"
    assert worker.poll() is None


@pytest.mark.promise(10)
def test_work_that_a_later_delivery_has_stopped_is_not_told_as_cancelled(stack, shared_r):
    message = slow(stack, 2)
    run_id = stack.send(message)
    stack.start_worker()
    stack.wait_until_running(run_id)
    stack.wait(lambda: httpx.delete(f"{shared_r.url}/v0/requests/{run_id}.1").status_code == 202)

    run = stack.wait_until_terminal(run_id)

    assert run.state is State.COMPLETE, run
    stack.wait_until_settled()
    stack.check_announced(message["ETag"], times=1)
