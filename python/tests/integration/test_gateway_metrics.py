"""What Prometheus is told, by its own parser."""

import io
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from fixtures.gateway import GatewayProcess
from tandem.jobs.queues import open_job_queue
from tandem.records.bundle import open_records
from tandem.records.database import open_database
from tandem.records.jobs import NewJob
from tandem.records.schema import runs
from tandem.states import State


def figures(gateway: GatewayProcess) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels."""
    answer = gateway.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(one.name, tuple(one.labels.values())): one.value for family in families for one in family.samples}


def ended(gateway: GatewayProcess, run_id: str, state: State, code: str | None = None) -> None:
    gateway.record.queued(run_id, experiment="small", task="DotPlot", etag="ab")
    gateway.record.started(run_id, attempt=1)
    gateway.record.finished(run_id, state, error_code=code)


def test_queues_runs_and_store_are_told(own_gateway):
    own_gateway.add_experiment("quiet")
    ended(own_gateway, "before", State.COMPLETE)
    own_gateway.store.put("ab", io.BytesIO(b"12345"), content_type="text/plain")
    own_gateway.store.put("cd", io.BytesIO(b"678"), content_type="text/plain")
    own_gateway.start()
    for _ in range(3):
        own_gateway.queue.send("{}")
    (lease,) = own_gateway.queue.receive(1, 1)
    own_gateway.queue.dead_letter(lease, "it is none")
    own_gateway.record.queued("waits", experiment="small", task="DotPlot", etag="ab")
    ended(own_gateway, "done", State.COMPLETE)
    ended(own_gateway, "failed", State.FAILED, "TASK_TIMEOUT")

    for told in (figures(own_gateway), figures(own_gateway)):  # a second look counts nothing twice
        assert told["tandem_queue_waiting", ("small",)] == 2
        assert told["tandem_queue_leased", ("small",)] == 0
        assert told["tandem_queue_dead", ("small",)] == 1
        assert told["tandem_queue_waiting", ("quiet",)] == 0
        assert 0 <= told["tandem_oldest_waiting_seconds", ("small",)] < 60
        assert told["tandem_runs", ("COMPLETE",)] == 2
        assert told["tandem_runs", ("QUEUED",)] == 1
        assert told["tandem_store_bytes", ()] == 8
        assert told["tandem_store_objects", ()] == 2
        assert told["tandem_redis_connected", ()] == 1
        assert told["tandem_runs_ended_total", ("COMPLETE",)] == 1
        assert told["tandem_failures_total", ("TASK_TIMEOUT",)] == 1
        assert told["tandem_run_seconds_count", ("DotPlot",)] == 1


def a_job(queue: str = "default", cached_from: str | None = None) -> NewJob:
    spec = {"cpus": 0.5, "gpus": 0, "max_parallel": None}
    job = NewJob(str(uuid4()), "key", "a job", "echo", "0" * 64, queue, "normal", "", {}, spec)
    return replace(job, cached_from=cached_from)


def test_jobs_are_told(own_gateway):
    records = open_records(own_gateway.settings)
    before, waits, runs_now, done, failed = a_job(), a_job("gpu"), a_job(), a_job(), a_job()
    records.jobs.add([before])
    records.runs.started(before.run_id, attempt=1)
    records.runs.finished(before.run_id, State.COMPLETE)
    own_gateway.start()
    figures(own_gateway)
    records.jobs.add([waits, runs_now, done, failed, a_job(cached_from=before.run_id)])
    records.jobs.sent([waits.run_id])
    queue = open_job_queue(own_gateway.settings, "gpu", "high")
    for _ in range(2):
        queue.send("{}")
    (lease,) = queue.receive(1, 1)
    queue.dead_letter(lease, "no runner comes to an end with it")
    for job in (runs_now, done, failed):
        records.runs.started(job.run_id, attempt=1)
    records.runs.finished(done.run_id, State.COMPLETE)
    records.runs.finished(failed.run_id, State.FAILED, error_code="OUT_OF_MEMORY")
    records.runners.seen("one", host="here", queues=["default", "gpu"], cpus=4.0, memory_bytes=1, gpus=0)

    for told in (figures(own_gateway), figures(own_gateway)):  # a second look counts nothing twice
        assert told["tandem_jobs", ("COMPLETE",)] == 3
        assert told["tandem_jobs", ("QUEUED",)] == 1
        assert 0 <= told["tandem_jobs_waiting_oldest_seconds", ("gpu",)] < 60
        assert ("tandem_jobs_waiting_oldest_seconds", ("default",)) not in told
        assert told["tandem_job_queue_waiting", ("high", "gpu")] == 1
        assert told["tandem_job_queue_dead", ("high", "gpu")] == 1
        assert told["tandem_jobs_ended_total", ("COMPLETE",)] == 2
        assert told["tandem_job_failures_total", ("OUT_OF_MEMORY",)] == 1
        assert told["tandem_job_seconds_count", ("echo",)] == 1
        assert told["tandem_runners", ()] == 1
        assert told["tandem_runner_cpus", ()] == 4
        assert told["tandem_runner_cpus_lent", ()] == 0.5
        assert not [labels for name, labels in told if name == "tandem_queue_waiting" and "jobs" in labels[0]]
    records.runs.close()


def test_requests_are_counted_by_their_route(gateway):
    before = figures(gateway)
    for name in ("first", "second"):
        gateway.get(f"/tasks/{name}")
        gateway.get(f"/nowhere/{name}")
    told = figures(gateway)

    def more(*labels: str) -> float:
        key = ("tandem_http_request_seconds_count", labels)
        return told.get(key, 0) - before.get(key, 0)

    assert more("GET", "/tasks/{id}", "404") == 2
    assert more("GET", "none", "404") == 2
    assert not any("first" in "".join(labels) for name, labels in told if name.startswith("tandem_http"))


def test_events_and_their_listeners_are_counted(gateway, listen):
    for generation in ("npm 2.5", "npm 4.8"):
        listen(generation, gateway.url)
    before = figures(gateway)
    gateway.events.emit("Heartbeat-small", {})
    deadline = time.monotonic() + 10
    while (told := figures(gateway))["tandem_frames_total", ("relayed",)] == before[
        "tandem_frames_total", ("relayed",)
    ]:
        assert time.monotonic() < deadline
    assert told["tandem_sockets", ("3",)] == 1
    assert told["tandem_sockets", ("4",)] == 1
    assert told["tandem_event_listeners", ()] == 0


@pytest.fixture
def long_record(own_gateway: GatewayProcess) -> GatewayProcess:
    """A gateway whose record holds 100,000 runs."""
    engine, then = open_database(own_gateway.settings.database_url), datetime.now(UTC) - timedelta(days=1)
    rows = [
        {
            "run_id": str(number),
            "experiment": f"e{number % 20}",
            "task": "DotPlot",
            "etag": str(number),
            "state": State.FAILED if number % 10 == 0 else State.COMPLETE,
            "attempt": 1,
            "queued_at": then,
            "started_at": then,
            "finished_at": then + timedelta(seconds=1),
            "error_code": "TASK_TIMEOUT" if number % 10 == 0 else None,
            "kill_requested": False,
            "tags": {},
        }
        for number in range(100_000)
    ]
    with engine.begin() as connection:
        connection.execute(insert(runs), rows)
    engine.dispose()
    own_gateway.start()
    return own_gateway


def test_a_long_record_is_told_too(long_record):
    told = figures(long_record)
    assert told["tandem_runs", ("COMPLETE",)] == 90_000
    assert told["tandem_runs", ("FAILED",)] == 10_000
    assert ("tandem_run_seconds_count", ("DotPlot",)) not in told
