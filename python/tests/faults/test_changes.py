"""Tasks that change cell sets: whoever dies or is away, the change is made once and told after, or the task failed."""

import json
import signal
import threading
import time

import pytest

from fixtures.surroundings import CLASSES, TOKEN
from tandem.states import State

NEW = ["leiden-0", "leiden-1"]


@pytest.fixture(params=["local", "api"])
def where(request, stack, cell_sets_file):
    """What a worker has to be told so that it changes this experiment's cell sets."""
    told = {"TANDEM_DATA": str(cell_sets_file.parents[1])}
    if request.param == "api":
        told["TANDEM_API_URL"] = request.getfixturevalue("experiment_api").url
    return told


@pytest.fixture
def through_api(stack, experiment_api, cell_sets_file):
    return {"TANDEM_DATA": str(cell_sets_file.parents[1]), "TANDEM_API_URL": experiment_api.url}


@pytest.fixture
def classes(cell_sets_file):
    return lambda: json.loads(cell_sets_file.read_text())["cellSets"]


def keys(group):
    return [child["key"] for child in group["children"]]


def clusters(stack, **more):
    message = stack.message("SaidClusters", type="leiden", **more)
    message["requestProps"]["broadcast"] = True
    return message


def test_the_change_is_made_before_anybody_is_told(stack, where, classes, cell_sets_file):
    message = clusters(stack)
    found = []

    def look():
        while not stack.ear.heard:
            time.sleep(0.01)
        while not any(event.startswith(("ExperimentUpdates", "WorkResponse")) for event, _ in stack.ear.heard):
            time.sleep(0.001)
        found.append(keys(classes()[0]))

    watcher = threading.Thread(target=look, daemon=True)
    assert stack.ear.heard == []
    watcher.start()
    run_id = stack.send(message)
    stack.start_worker(**where)

    run = stack.wait_until_terminal(run_id)
    answer = stack.wait_for_answer(message["ETag"])
    watcher.join(10)

    assert run.state is State.COMPLETE
    assert found == [NEW]
    assert answer["response"] == {"cacheable": False, "error": False, "signedUrl": message["signedUrl"]}
    [update] = stack.ear.events("ExperimentUpdates-small")
    assert update["response"] == {"cacheable": False, "error": False}
    assert update["request"]["body"]["name"] == "SaidClusters"
    assert "Authorization" not in update["request"]
    codes = [payload["status_code"] for payload in stack.ear.events("Heartbeat-small")]
    assert codes == ["STARTED_TASK", "UPLOADING_DATA", "FINISHED_TASK"]
    assert stack.store.head(message["ETag"]) is None
    assert TOKEN.split()[1] not in stack.log()


@pytest.mark.promise(1)
@pytest.mark.parametrize("place", ["after change", "before announcement", "before acknowledgement"])
@pytest.mark.parametrize("task", ["SaidClusters", "SaidSet"])
def test_a_worker_that_dies_after_the_change_leaves_one_change(stack, where, classes, place, task):
    message = stack.message(task, **({"type": "leiden"} if task == "SaidClusters" else {}))
    run_id = stack.send(message)
    dying = stack.start_worker(DIE_AT=place, **where)
    assert dying.wait(30) == -signal.SIGKILL
    changed = classes()
    assert changed != CLASSES

    stack.start_worker(**where)
    run = stack.wait_until_terminal(run_id)
    stack.wait_until_settled()

    assert run.state is State.COMPLETE
    assert classes() == changed
    assert stack.wait_for_answer(message["ETag"])["response"]["error"] is False


def test_requests_at_the_same_time_all_come_through(stack, where, classes):
    messages = [stack.message("SaidSet") for _ in range(6)]
    runs = [stack.send(message) for message in messages]
    stack.start_worker(**where, TANDEM_CONCURRENCY="4")

    assert {stack.wait_until_terminal(run_id).state for run_id in runs} == {State.COMPLETE}
    assert len(classes()[1]["children"]) == 1 + 6


def test_an_api_that_is_unwell_is_asked_again(stack, through_api, experiment_api, classes):
    experiment_api.faults = [500, 429, "cut"]
    message = stack.message("SaidSet")
    run_id = stack.send(message)
    stack.start_worker(**through_api)

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.attempt) == (State.COMPLETE, 1)
    assert len(classes()[1]["children"]) == 1 + 1
    assert experiment_api.faults == []


def test_an_api_that_stays_unwell_fails_the_task_when_nobody_waits_any_more(
    stack, through_api, experiment_api, classes
):
    experiment_api.faults = [503] * 1000
    message = clusters(stack)
    message |= {"timeout": stack.message("x", expires_in_s=8)["timeout"]}
    run_id = stack.send(message)
    stack.start_worker(**through_api)

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.error_code) == (State.FAILED, "CELL_SETS_NOT_CHANGED")
    assert "503" in run.reason
    assert classes() == CLASSES
    answer = stack.wait_for_answer(message["ETag"])["response"]
    assert (answer["error"], answer["errorCode"]) == (True, "CELL_SETS_NOT_CHANGED")
    stack.wait_until_settled()
    assert 3 <= 1000 - len(experiment_api.faults) <= 8, "there are pauses between the tries"


def test_an_api_that_is_silent_fails_the_task_when_its_time_is_over(stack, through_api, experiment_api, classes):
    experiment_api.faults = ["hang"]
    message = clusters(stack)
    message |= {"timeout": stack.message("x", expires_in_s=15)["timeout"]}
    run_id = stack.send(message)
    stack.start_worker(**through_api)

    run = stack.wait_until_terminal(run_id, within_s=20)

    assert (run.state, run.error_code) == (State.FAILED, "CELL_SETS_NOT_CHANGED")
    assert "did not answer in time" in run.reason
    assert stack.wait_for_answer(message["ETag"])["response"]["errorCode"] == "CELL_SETS_NOT_CHANGED"
    assert classes() == CLASSES


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_of_the_api_is_the_tasks_failure_at_once(stack, through_api, experiment_api, classes, status):
    experiment_api.faults = [status]
    experiment_api.message = f"{TOKEN} may not do this"
    message = clusters(stack)
    run_id = stack.send(message)
    stack.start_worker(**through_api)

    run = stack.wait_until_terminal(run_id)
    answer = stack.wait_for_answer(message["ETag"])

    assert (run.state, run.error_code, run.attempt) == (State.FAILED, "CELL_SETS_NOT_CHANGED", 1)
    assert "may not do this" in run.reason
    assert answer["response"]["userMessage"] == run.reason
    assert TOKEN.split()[1] not in run.reason + stack.log() + json.dumps(stack.ear.heard)
    assert classes() == CLASSES


@pytest.mark.parametrize("header", ["Authorization", "authJWT", None])
def test_the_api_hears_the_token_that_the_message_carries(stack, through_api, experiment_api, header):
    message = stack.message("SaidSet")
    del message["Authorization"]
    if header:
        message[header] = TOKEN
    run_id = stack.send(message)
    stack.start_worker(**through_api)

    run = stack.wait_until_terminal(run_id)

    assert (run.state, len(experiment_api.asked)) == ((State.COMPLETE, 1) if header else (State.FAILED, 0))


@pytest.mark.parametrize("answer", [None, {"class": {"key": "louvain", "name": "n", "children": [{"cellIds": 5}]}}])
def test_an_answer_of_r_that_is_no_cell_sets_changes_nothing(stack, where, classes, answer):
    run_id = stack.send(stack.message("SaidNonsense", type="leiden", answer=answer))
    stack.start_worker(**where)

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.error_code) == (State.FAILED, "CELL_SETS_NOT_CHANGED")
    assert classes() == CLASSES


def test_a_change_that_was_cancelled_while_the_api_was_away_is_not_made(stack, through_api, experiment_api, classes):
    experiment_api.faults = [503] * 1000
    run_id = stack.send(clusters(stack))
    stack.start_worker(**through_api)
    stack.wait(lambda: len(experiment_api.faults) < 1000)

    stack.record.request_kill(run_id)

    assert stack.wait_until_terminal(run_id, within_s=5).state is State.KILLED
    experiment_api.faults = []
    time.sleep(1)
    assert classes() == CLASSES


# the language model


@pytest.fixture
def with_model(where, model_server):
    return where | {
        "TANDEM_MODEL": "m",
        "TANDEM_MODEL_URL": f"{model_server.url}/v1",
        "TANDEM_MODEL_KEY": "sk-very-secret",
    }


def annotation(stack, **more):
    return stack.message("SaidMarkers", species="human", tissue="blood", **more)


def test_clusters_get_names_from_a_model_and_again_the_same_classes(stack, with_model, model_server, classes):
    worker = None
    for _ in range(2):
        message = annotation(stack, additionalInfo="Treated with IL-2.")
        run_id = stack.send(message)
        worker = worker or stack.start_worker(**with_model)
        assert stack.wait_until_terminal(run_id).state is State.COMPLETE

    assert [group["name"] for group in classes()] == [
        "louvain",
        "scratchpad",
        "sample",
        *(f"CASSIA-{n}" for n in (1, 2, 3)),
    ]
    assert classes()[-1]["children"][0]["cellIds"] == [0, 1, 2, 3]
    assert "Treated with IL-2." in model_server.asked[0][2]["messages"][1]["content"]
    told = [payload for payload in stack.ear.events("Heartbeat-small") if "progress_percent" in payload]
    assert [payload["user_message"] for payload in told[:2]] == [
        "Annotating clusters (1/2)",
        "Annotating clusters (2/2)",
    ]
    assert [payload["progress_percent"] for payload in told[:2]] == [50, 100]
    assert "sk-very-secret" not in stack.log()


def test_without_a_model_the_caller_is_told_what_to_set(stack, where):
    message = annotation(stack)
    stack.send(message)
    stack.start_worker(**where)

    answer = stack.wait_for_answer(message["ETag"])["response"]

    assert answer["errorCode"] == "R_WORKER_CASSIA_ERROR"
    assert "TANDEM_MODEL" in answer["userMessage"]


def test_a_model_that_is_unwell_is_asked_again(stack, with_model, model_server, classes):
    model_server.faults = [503, "cut"]
    run_id = stack.send(annotation(stack))
    stack.start_worker(**with_model)

    assert stack.wait_until_terminal(run_id).state is State.COMPLETE
    assert len(classes()) == 6


def test_a_model_that_stays_unwell_is_given_up(stack, with_model, model_server, classes):
    model_server.faults = [503] * 100
    run_id = stack.send(annotation(stack))
    stack.start_worker(**with_model)

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.error_code) == (State.FAILED, "R_WORKER_CASSIA_ERROR")
    assert "503" in run.reason
    assert len(model_server.asked) == 4, "each question costs"
    assert classes() == CLASSES


def test_a_model_that_refuses_fails_the_task_at_once(stack, with_model, model_server, classes):
    model_server.faults = [401]
    model_server.message = "Incorrect API key provided: sk-very-secret"
    run_id = stack.send(annotation(stack))
    stack.start_worker(**with_model)

    run = stack.wait_until_terminal(run_id)

    assert (run.state, run.error_code) == (State.FAILED, "R_WORKER_CASSIA_ERROR")
    assert "Incorrect API key" in run.reason
    assert "sk-very-secret" not in run.reason + stack.log()
    assert classes() == CLASSES


def test_a_task_can_be_cancelled_while_the_model_thinks(stack, with_model, model_server, classes):
    model_server.faults = ["hang"]
    run_id = stack.send(annotation(stack))
    stack.start_worker(**with_model)
    stack.wait(lambda: model_server.asked)

    stack.record.request_kill(run_id)

    assert stack.wait_until_terminal(run_id, within_s=5).state is State.KILLED
    assert classes() == CLASSES


def test_a_model_that_thinks_too_long_ends_the_task_at_its_deadline(stack, with_model, model_server, classes):
    model_server.faults = ["hang"]
    message = annotation(stack)
    message |= {"timeout": stack.message("x", expires_in_s=6)["timeout"]}
    run_id = stack.send(message)
    stack.start_worker(**with_model)

    run = stack.wait_until_terminal(run_id, within_s=40)

    assert (run.state, run.error_code) == (State.FAILED, "TASK_TIMEOUT")
    assert classes() == CLASSES
    assert stack.wait_for_answer(message["ETag"])["response"]["errorCode"] == "TASK_TIMEOUT"


def test_a_worker_told_to_end_while_the_model_thinks_hands_the_task_on(stack, with_model, model_server, classes):
    model_server.faults = ["hang"]
    run_id = stack.send(annotation(stack))
    first = stack.start_worker(**with_model, TANDEM_GRACE="1")
    stack.wait(lambda: model_server.asked)

    first.terminate()
    assert first.wait(10) == 0
    stack.start_worker(**with_model)

    assert stack.wait_until_terminal(run_id).state is State.COMPLETE
    assert len(classes()) == 6
