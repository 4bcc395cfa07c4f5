"""What becomes of jobs when runners die, and when what they stand on is away for a while."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from fixtures.redis import RedisServer
from fixtures.runner import END_S, Runners
from fixtures.stack import wait_for
from tandem.states import State

#: Seconds of a lease in these tests; what a dead runner held is taken again within it, and a little.
LEASE_S, SLACK_S = 2.0, 20.0
#: Says that it has begun, stays a while, and leaves one file.
STAY = 'echo begun $TANDEM_ATTEMPT; sleep {seconds}; echo $TANDEM_ATTEMPT > "$TANDEM_OUTPUT/attempt.txt"'


def stay(runners: Runners, seconds: float) -> str:
    """A job that has begun."""
    job = runners.submit("sh", "-c", STAY.format(seconds=seconds))
    runners.wait(lambda: runners.said(job.run_id))
    return job.run_id


def processes_of(run_id: str) -> list[int]:
    """All processes of a job."""
    mark = f"TANDEM_JOB_ID={run_id}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (path / "environ").read_bytes().split(b"\0"):
                found.append(int(path.name))
    return found


@pytest.mark.promise(1)
def test_the_job_of_a_killed_runner_is_taken_by_another_within_its_lease(runners: Runners) -> None:
    runner = runners.start()
    run_id = stay(runners, 15)
    assert processes_of(run_id)
    runners.start()
    runner.kill()
    runner.wait()
    killed = time.monotonic()

    wait_for(lambda: not processes_of(run_id) or runners.job(run_id).attempt == 2, SLACK_S, runners.logs)
    wait_for(lambda: runners.job(run_id).attempt == 2, LEASE_S + SLACK_S, runners.logs)
    assert time.monotonic() - killed < LEASE_S + SLACK_S
    [job] = runners.complete(run_id, within_s=60)
    first, second = runners.records.runs.attempts(run_id)
    assert (first.attempt, second.attempt, second.reason) == (1, 2, None)
    assert first.reason == "The worker that ran this attempt did not finish it."
    assert runners.result(job, "results/attempt.txt") == b"2\n"
    assert [one["path"] for one in json.loads(runners.result(job, "results/.complete"))["files"]] == ["attempt.txt"]
    assert runners.said(run_id)[-1] == "begun 2"
    wait_for(lambda: not processes_of(run_id), SLACK_S, runners.logs)


@pytest.mark.promise(15)
def test_a_job_whose_runner_dies_again_and_again_is_given_up(runners: Runners) -> None:
    run_id = runners.submit("sh", "-c", STAY.format(seconds=60)).run_id
    for attempt in (1, 2):
        runner = runners.start(TANDEM_MAX_RECEIVES="2")
        wait_for(
            lambda attempt=attempt: (job := runners.job(run_id)).state is State.RUNNING and job.attempt == attempt,
            30,
            runners.logs,
        )
        runner.kill()
        runner.wait()
    runners.start(TANDEM_MAX_RECEIVES="2")

    [job] = runners.ended(run_id)
    assert (job.state, job.error_code) == (State.FAILED, "TASK_GIVEN_UP")
    assert "after 2 attempts" in (job.reason or "")


def test_a_runner_that_is_stopped_hands_its_jobs_back_and_counts_nothing(runners: Runners) -> None:
    runner = runners.start(TANDEM_VISIBILITY="60")
    run_id = stay(runners, 1.5)
    runner.terminate()
    assert runner.wait(END_S) == 0

    job = runners.job(run_id)
    assert (job.state, job.attempt) == (State.QUEUED, 1)
    assert not processes_of(run_id)
    runners.start(TANDEM_VISIBILITY="60")
    [job] = runners.complete(run_id)
    assert job.attempt == 1, f"{runners.records.runs.attempts(run_id)}\n{runners.logs()}"
    assert runners.result(job, "results/attempt.txt") == b"1\n"


@pytest.mark.promise(8)
def test_a_job_far_longer_than_its_lease_is_done_once(runners: Runners) -> None:
    for _ in range(2):
        runners.start(TANDEM_VISIBILITY="1")
    run_id = stay(runners, 8)

    [job] = runners.complete(run_id)
    assert (job.attempt, runners.said(run_id)) == (1, ["begun 1"])
    assert job.finished_at is not None
    assert job.started_at is not None
    assert job.finished_at - job.started_at >= timedelta(seconds=8)


@pytest.mark.promise(10)
def test_a_runner_that_stood_still_publishes_nothing_of_a_job_it_lost(runners: Runners) -> None:
    first = runners.start()
    run_id = stay(runners, 8)
    runners.start()
    os.kill(first.pid, signal.SIGSTOP)
    wait_for(lambda: runners.job(run_id).attempt == 2, LEASE_S + SLACK_S, runners.logs)
    os.kill(first.pid, signal.SIGCONT)

    [job] = runners.complete(run_id)
    assert runners.result(job, "results/attempt.txt") == b"2\n"
    time.sleep(1)
    assert runners.result(job, "results/attempt.txt") == b"2\n"
    assert runners.job(run_id) == job


@contextmanager
def without(folder: Path) -> Iterator[None]:
    """While a folder is away."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("in the way")
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


@pytest.mark.promise(19)
def test_results_are_put_into_the_store_as_soon_as_it_is_back(one_runner: Runners) -> None:
    run_id = stay(one_runner, 0.5)
    with without(one_runner.folder / "store"):
        wait_for(lambda: "Trying again" in one_runner.logs(), 10, one_runner.logs)
        assert one_runner.job(run_id).state is State.RUNNING

    [job] = one_runner.complete(run_id)
    assert (job.attempt, one_runner.said(run_id)) == (1, ["begun 1"])
    assert one_runner.result(job, "results/attempt.txt") == b"1\n"


def test_that_the_store_does_not_come_back_is_told(runners: Runners) -> None:
    runners.start(TANDEM_MAX_RECEIVES="1")
    run_id = stay(runners, 0.5)
    with without(runners.folder / "store"):
        [job] = runners.ended(run_id)

    assert (job.state, job.error_code) == (State.FAILED, "TASK_GIVEN_UP")
    [attempt] = runners.records.runs.attempts(run_id)
    assert "jobs-development" in (attempt.reason or "")


def test_a_job_outlives_the_absence_of_the_record(tmp_path: Path, redis_server: RedisServer, postgres_url: str) -> None:
    runners = Runners(tmp_path, redis_server.url, DATABASE_URL=postgres_url, TANDEM_VISIBILITY="20")
    try:
        runners.start()
        run_id = stay(runners, 1)
        with refusing(postgres_url):
            wait_for(lambda: "Trying again" in runners.logs(), 20, runners.logs)
        [job] = runners.complete(run_id)
        assert (job.attempt, runners.said(run_id)) == (1, ["begun 1"])
        assert runners.result(job, "results/attempt.txt") == b"1\n"
        runners.complete(runners.submit("true").run_id)
    finally:
        runners.close()


@contextmanager
def refusing(url: str) -> Iterator[None]:
    """While a database lets nobody in."""
    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_a_runner_whose_disk_fails_says_so(runners: Runners) -> None:
    folder = runners.settings.state / "jobs"
    folder.mkdir(parents=True)
    (folder / "runs").touch()  # where no folder can be made now, not even by root
    job = runners.submit("true")
    runners.start(TANDEM_MAX_RECEIVES="1")

    [ended] = runners.ended(job.run_id)
    assert (ended.state, ended.error_code) == (State.FAILED, "TASK_GIVEN_UP")
    assert "cannot write or read what it needs: Not a directory" in (ended.reason or "")


def test_jobs_need_no_redis(tmp_path: Path) -> None:
    runners = Runners(tmp_path, "redis://127.0.0.1:1")
    try:
        runners.start()
        jobs = [runners.submit("true", force=True).run_id for _ in range(5)]
        runners.complete(*jobs)
    finally:
        runners.close()
