"""A worker asks its cluster to delete its pod: what exactly it asks, and what it says where that is refused."""

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers.pod_api import PodApi
from tandem.queues.base import Lease
from tandem.queues.leases import Leases
from tandem.queues.sqlite import SqliteQueue
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.states import State
from tandem.status import StatusFile
from tandem.worker import service
from tandem.worker.retirement import retire
from tandem.worker.service import Worker

POD = "/api/v1/namespaces/worker-default/pods/worker-7d9f-x2k4p"
FORBIDDEN = {"kind": "Status", "message": 'pods "worker-7d9f-x2k4p" is forbidden'}


def test_the_request_is_as_the_api_reads_it(pod_api: PodApi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert retire(Settings.model_validate(pod_api.environment))
    assert pod_api.asked == [("DELETE", POD, "Bearer a-token-of-tests", b"")]


def test_a_pod_that_does_not_say_its_namespace_reads_it(pod_api: PodApi):
    given = {name: value for name, value in pod_api.environment.items() if name != "POD_NAMESPACE"}
    assert retire(Settings.model_validate(given))
    assert pod_api.asked[0][1] == POD


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "is forbidden"),
        ({"POD_NAME": None}, "POD_NAME is not set"),
        ({"KUBERNETES_SERVICE_HOST": None}, "KUBERNETES_SERVICE_HOST is not set"),
        ({"KUBERNETES_SERVICE_PORT": "1"}, "refused"),
        ({"TANDEM_SERVICE_ACCOUNT_FOLDER": "/nowhere"}, "/nowhere"),
    ],
    ids=["refused", "nameless", "no-cluster", "away", "no-token"],
)
def test_what_does_not_go_is_said_in_one_sentence(pod_api: PodApi, change, said: str, caplog: pytest.LogCaptureFixture):
    pod_api.status, pod_api.told = 403, FORBIDDEN
    with caplog.at_level(logging.WARNING):
        assert not retire(Settings.model_validate(pod_api.environment | change))
    [record] = [record for record in caplog.records if record.name == "tandem.worker.retirement"]
    assert said in record.getMessage()
    assert record.exc_info is None


def test_a_certificate_that_another_signed_is_not_believed(pod_api: PodApi, tmp_path: Path):
    (tmp_path / "other").mkdir()
    other = PodApi(tmp_path / "other")
    try:
        (pod_api.account / "ca.crt").write_bytes((other.account / "ca.crt").read_bytes())
        assert not retire(Settings.model_validate(pod_api.environment))
        assert not pod_api.asked
    finally:
        other.close()


LEASE = Lease("one", "receipt", "{}", 1)


class LateQueue:
    """A queue whose only message comes in the moment in which nobody wants one any more."""

    name = "late"

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self._receives = 0

    def receive(self, *_: object) -> list[Lease]:
        self._receives += 1
        if self._receives == 2:
            while not self.worker._intake._stop.is_set():
                time.sleep(0.01)
        time.sleep(0.01)
        return [LEASE] if self._receives == 2 else []

    def extend(self, *_: object) -> None:
        """It is ours."""


class ShortLife:
    """Notes each message, and tells the worker to stop."""

    def __init__(self, lived: list[str]) -> None:
        self._lived = lived

    def meet(self, held: object) -> None:
        """There is nothing to note."""

    def live(self, held) -> None:
        self._lived.append(held.lease.message_id)
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_message_that_comes_at_the_last_moment_is_worked_on(signals_as_before, monkeypatch: pytest.MonkeyPatch):
    lived: list[str] = []
    retired: list[Settings] = []
    monkeypatch.setattr(service, "Life", lambda *_: ShortLife(lived))
    monkeypatch.setattr(service, "retire", lambda settings: bool(retired.append(settings)))
    queue = LateQueue()
    parts = SimpleNamespace(
        queue=queue,
        leases=Leases(30.0),
        work=SimpleNamespace(trouble=""),
        announcements=SimpleNamespace(degraded=False),
    )
    settings = Settings(idle_timeout_s=0.3, retire=True, concurrency=1, grace_s=3, experiment_id="e")
    worker = Worker(settings, parts, StatusFile(None))
    queue.worker = worker
    assert worker.run() == 0
    assert lived == ["one"]
    assert not retired


def test_a_signal_asks_for_nothing_that_the_main_thread_may_hold(signals_as_before):
    def held() -> list[object]:
        raise AssertionError("it would wait for itself")

    parts = SimpleNamespace(queue=LateQueue(), leases=SimpleNamespace(all=held))
    worker = Worker(Settings(concurrency=1, experiment_id="e"), parts, StatusFile(None))
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGTERM)
    assert worker._stops == 2


def test_a_message_that_comes_when_the_worker_ends_uses_up_no_attempt(signals_as_before, tmp_path: Path):
    record = open_record(Settings.model_validate({"DATABASE_URL": f"sqlite:///{tmp_path / 'record.sqlite'}"}))
    queue, leases = SqliteQueue(tmp_path / "queue.sqlite", "work", 30.0), Leases(30.0)
    run_id = queue.send("{}")
    parts = SimpleNamespace(queue=queue, record=record, leases=leases)
    worker = Worker(Settings(concurrency=1, experiment_id="e"), parts, StatusFile(None))
    os.kill(os.getpid(), signal.SIGTERM)
    [lease] = queue.receive(1, 0)

    worker._take(leases.hold(lease, queue))

    assert queue.depth().waiting == 1
    run = record.get(run_id)
    assert (run.state, run.attempt) == (State.QUEUED, 1)
    queue.close()
    record.close()
