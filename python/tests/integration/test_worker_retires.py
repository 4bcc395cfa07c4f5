"""An idle worker has its pod deleted, and takes nothing more until the pod ends."""

import signal
import time
from pathlib import Path

from fixtures.stack import Stack
from helpers.pod_api import PodApi

IDLE = {"IGNORE_TIMEOUT": "false", "TIMEOUT": "0.5"}


def test_a_worker_whose_pod_is_being_deleted_leaves_messages_to_others(workers: Stack, pod_api: PodApi):
    worker = workers.start_worker(**IDLE, **pod_api.environment)
    workers.wait(lambda: pod_api.asked)
    workers.wait(lambda: workers.status() == "stopping")
    workers.send(workers.message("GetNUmis"))
    time.sleep(1)
    assert worker.poll() is None, "it waits to be told to end"
    assert (workers.queue.depth().waiting, workers.queue.depth().leased) == (1, 0)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0
    assert [asked[:2] for asked in pod_api.asked] == [
        ("DELETE", "/api/v1/namespaces/worker-default/pods/worker-7d9f-x2k4p")
    ]
    assert workers.queue.depth().waiting == 1


def test_a_worker_that_may_not_have_its_pod_deleted_ends_alone(workers: Stack, pod_api: PodApi):
    pod_api.status, pod_api.told = 403, {"message": "you may not"}
    worker = workers.start_worker(**IDLE, **pod_api.environment)
    assert worker.wait(20) == 0
    assert workers.log().count("ends alone: you may not") == 1
    assert "Traceback" not in workers.log()


def test_a_pod_whose_label_is_taken_back_is_deleted(workers: Stack, pod_api: PodApi, tmp_path: Path):
    """Two gateways may label two pods for one experiment; one of them is a spare one again, a moment later."""
    del workers.environment["EXPERIMENT_ID"]
    labels = tmp_path / "labels"
    labels.write_text('experimentId="small"\ntype="worker"\n')
    worker = workers.start_worker(**pod_api.environment, TANDEM_LABELS=str(labels))
    workers.wait(lambda: "worker started for small" in workers.log())
    labels.write_text('type="worker"\n')
    workers.wait(lambda: pod_api.asked)
    workers.wait(lambda: workers.status() == "stopping")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0


def test_a_pod_that_was_never_assigned_is_not_deleted(workers: Stack, pod_api: PodApi, tmp_path: Path):
    del workers.environment["EXPERIMENT_ID"]
    labels = tmp_path / "labels"
    labels.write_text('type="worker"\n')
    worker = workers.start_worker(**IDLE, **pod_api.environment, TANDEM_LABELS=str(labels))
    workers.wait(lambda: workers.status() == "waiting")
    time.sleep(2)
    assert worker.poll() is None
    assert not pod_api.asked
