"""The ways to the cloud's queue and store: what is lost on them is done again, once, and without hurry."""

import re
from collections.abc import Iterator

import pytest

from fixtures.cloud import CloudStack
from fixtures.stack import Stack
from helpers.http_proxy import SILENCE, HttpProxy, Refusal
from tandem.states import State

#: Seconds of silence after which the store is given up in these tests, instead of half a minute.
READ_S = "2"


@pytest.fixture
def calls(cloud: CloudStack) -> Iterator[HttpProxy]:
    """The way to the queue, by a proxy that knows the calls."""
    with HttpProxy(cloud.aws.port) as proxy:
        cloud.reach_queue_by(proxy.port)
        yield proxy


@pytest.mark.promise(9)
def test_an_extension_that_gets_lost_is_made_again_in_time(cloud, calls):
    run_id = cloud.send(cloud.message("Sleep", seconds=15))
    cloud.start_worker(TANDEM_VISIBILITY="6")
    cloud.wait_until_running(run_id)

    calls.refusals = {"ChangeMessageVisibility": SILENCE}
    cloud.wait(lambda: calls.times("ChangeMessageVisibility"))
    calls.refusals = {}

    run = cloud.wait_until_terminal(run_id, within_s=90)
    assert (run.state, run.attempt) == (State.COMPLETE, 1), cloud.logs()
    cloud.wait_until_settled()
    assert "the lease is lost" not in cloud.log()


@pytest.mark.promise(11)
def test_work_that_was_held_as_long_as_sqs_allows_is_cancelled_and_answered(cloud, calls):
    message = cloud.message("Sleep", seconds=600)
    run_id = cloud.send(message)
    cloud.start_worker()
    cloud.wait_until_running(run_id)

    beyond = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
    calls.refusals = {"ChangeMessageVisibility": Refusal(400, "InvalidParameterValue", beyond)}

    run = cloud.wait_until_terminal(run_id)
    assert (run.state, run.error_code) == (State.FAILED, "TASK_TIMEOUT")
    assert cloud.wait_for_answer(message["ETag"])["response"]["error"] is True
    cloud.wait_until_settled()


@pytest.fixture(params=["stack", "cloud"])
def anywhere(request: pytest.FixtureRequest) -> Stack:
    """Queue and store in files, or in the cloud."""
    place: Stack = request.getfixturevalue(request.param)
    return place


@pytest.mark.promise(13)
def test_two_workers_with_the_same_result_at_once_store_one_object_and_both_succeed(anywhere, barrier):
    place = anywhere
    message = place.message("Wait", path=str(barrier))
    runs = []
    for group in ("one", "two"):  # a worker with a free slot would take both
        place.start_worker(TANDEM_CONCURRENCY="1")
        runs.append(place.send(message, group))
        place.wait_until_running(runs[-1])

    barrier.touch()

    assert [place.wait_until_terminal(run_id).state for run_id in runs] == [State.COMPLETE] * 2
    place.wait_until_settled()
    place.check_announced(message["ETag"], times=2)
    first, second = place.ear.events(f"WorkResponse-{message['ETag']}")
    assert first == second
    assert [one.key for one in place.store.list()] == [message["ETag"]]


@pytest.mark.promise(17)
def test_a_bucket_that_does_not_exist_yet_is_named_and_waited_for(cloud):
    cloud.aws.client("s3").delete_bucket(Bucket=cloud.results)
    message = cloud.message("GetNUmis")
    run_id = cloud.send(message)
    worker = cloud.start_worker()
    cloud.wait(lambda: len(tries(cloud)) >= 3)
    assert cloud.results in cloud.log()
    assert cloud.status() == "degraded"
    assert tries(cloud)[2] > tries(cloud)[0], "no hot loop"

    cloud.aws.create_bucket(cloud.results)

    assert cloud.wait_until_terminal(run_id).state is State.COMPLETE
    assert cloud.store.head(message["ETag"]) is not None
    assert worker.poll() is None


@pytest.mark.promise(18)
@pytest.mark.parametrize("refusal", [Refusal(503, "ServiceUnavailable"), Refusal(400, "ThrottlingException")], ids=str)
def test_a_queue_that_refuses_is_asked_less_and_less_often(cloud, calls, refusal):
    calls.refusals = {"*": refusal}
    message = cloud.message("GetNUmis")
    run_id = cloud.send(message)
    cloud.start_worker()
    cloud.wait(lambda: len(tries(cloud)) >= 4)
    called = calls.times("ReceiveMessage")
    calls.refusals = {}

    planned = tries(cloud)[:4]
    assert planned == sorted(planned)
    assert planned[3] >= 4 * planned[0]
    # Each time the client itself tries twice; between the times at least half of what was planned goes by.
    assert len(called) <= 2 * (len(tries(cloud)) + 1)
    assert called[-1] - called[0] >= sum(planned[:3]) / 2
    assert cloud.wait_until_terminal(run_id).state is State.COMPLETE
    cloud.wait_until_settled()


@pytest.mark.promise(19)
def test_a_result_waits_while_the_store_is_away_and_is_not_computed_again(cloud, shared_r, barrier):
    message = cloud.message("Wait", path=str(barrier))
    run_id = cloud.send(message)
    cloud.start_worker(READ_S=READ_S, TANDEM_VISIBILITY="6")
    cloud.wait_until_running(run_id)

    cloud.s3_proxy.mode = "drop"
    barrier.touch()
    cloud.wait(lambda: tries(cloud))
    cloud.s3_proxy.mode = "pass"

    run = cloud.wait_until_terminal(run_id)
    assert (run.state, run.attempt) == (State.COMPLETE, 1), cloud.logs()
    assert cloud.store.head(message["ETag"]) is not None
    assert shared_r.log().count(f"[{run_id}.") == 1
    cloud.wait_until_settled()


@pytest.mark.promise(20)
def test_of_an_upload_that_is_cut_nothing_is_seen_and_it_is_made_again(cloud, shared_r):
    message = cloud.message("Flood", megabytes=3)
    run_id = cloud.send(message)
    cloud.s3_proxy.cut_after = 1_000_000  # what comes before the upload is much less
    cloud.s3_proxy.mode = "cut"
    cloud.start_worker(READ_S=READ_S)
    cloud.wait(lambda: tries(cloud), within_s=60)
    assert cloud.store.head(message["ETag"]) is None
    assert list(cloud.store.list()) == []
    parts = cloud.aws.client("s3").list_multipart_uploads(Bucket=cloud.results)
    assert "Uploads" not in parts

    cloud.s3_proxy.mode = "pass"

    run = cloud.wait_until_terminal(run_id)
    assert (run.state, run.attempt) == (State.COMPLETE, 1), cloud.logs()
    stored = cloud.store.head(message["ETag"])
    assert stored is not None
    assert stored.size >= 3_000_000
    assert shared_r.log().count(f"[{run_id}.") == 1


def tries(cloud: CloudStack) -> list[float]:
    """The pauses that the worker has said it would make, in seconds."""
    return [float(seconds) for seconds in re.findall(r"Trying again in ([\d.]+) s", cloud.log())]
