"""A batch of comparisons, which may take minutes: it is told how far it is, and ended at once when cancelled."""

import json
import time

import pytest

from fixtures.surroundings import cell_class, cell_set
from tandem.states import State

IDS = [number for number in range(100) if number % 5 != 4]
#: The most comparisons that can be asked for at once: more than are made in a few seconds.
MANY = 1000
#: What is told while it runs, and its end when it is cancelled, come in seconds; to the end it takes minutes.
PROMPT_S = 20.0


@pytest.fixture
def batch(stack, cell_sets_file):
    """A batch on the small experiment, sent to a worker."""
    sets = [cell_set(f"set-{number}", [*IDS[:40], IDS[40 + number % 40]]) for number in range(MANY)]
    classes = [cell_class("many", *sets), cell_class("other", cell_set("rest-of-them", IDS))]
    cell_sets_file.write_text(json.dumps({"cellSets": classes}))
    message = stack.message(
        "BatchDifferentialExpression",
        cellSet=[group["key"] for group in sets],
        compareWith="background",
        basis=["all"],
        comparisonType="between",
    )
    run_id = stack.send(message)
    stack.start_worker(TANDEM_DATA=str(cell_sets_file.parents[1]), TANDEM_VISIBILITY="30")
    return message, run_id


def test_a_batch_tells_how_far_it_is_and_ends_when_it_is_cancelled(stack, batch):
    message, run_id = batch

    def told():
        return [beat for beat in stack.ear.events("Heartbeat-small") if beat.get("progress_percent") is not None]

    first = stack.wait(told)[0]
    stack.record.request_kill(run_id)
    cancelled_at = time.monotonic()
    run = stack.wait_until_terminal(run_id, within_s=PROMPT_S)

    done, total = first["user_message"].removeprefix("Comparing cell sets (").removesuffix(")").split("/")
    assert (first["status_code"], int(total)) == ("STARTED_TASK", MANY)
    assert first["progress_percent"] == round(100 * int(done) / MANY) < 100
    assert run.state is State.KILLED
    assert stack.wait_for_answer(message["ETag"])["response"]["errorCode"] == "TASK_CANCELLED"
    assert time.monotonic() - cancelled_at < PROMPT_S
    assert stack.store.head(message["ETag"]) is None
    stack.wait_until_settled()


def test_the_record_knows_how_far_a_batch_is_before_clients_are_told(stack, batch):
    _, run_id = batch
    progress = stack.wait(lambda: stack.record.progress([run_id]).get(run_id), within_s=PROMPT_S)

    assert progress.message == "Comparing cell sets"
    assert progress.total == MANY
    assert not [beat for beat in stack.ear.events("Heartbeat-small") if beat.get("progress_percent") is not None]
    stack.wait(lambda: stack.record.progress([run_id])[run_id] != progress, within_s=PROMPT_S)
    stack.record.request_kill(run_id)
    stack.wait_until_terminal(run_id, within_s=PROMPT_S)
