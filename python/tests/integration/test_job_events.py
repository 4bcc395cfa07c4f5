"""Who listens is told of jobs that begin, get on and end, and of nobody else's."""

import json
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx
import pytest

from fixtures.gateway import GatewayProcess
from tandem.gateway.job_news import JobNews
from tandem.records.base import Progress
from tandem.records.bundle import Records, open_records
from tandem.records.jobs import NewJob
from tandem.records.tokens import Role, open_tokens
from tandem.settings import Settings
from tandem.states import State


@pytest.fixture
def records(tmp_path) -> Iterator[Records]:
    made = open_records(Settings(database_url_given=f"sqlite:///{tmp_path}/record.sqlite"))
    yield made
    made.runs.close()


def job(owner: str = "", experiment: str | None = None) -> NewJob:
    spec = {"experiment": experiment, "cpus": 1.0, "gpus": 0}
    return NewJob(str(uuid4()), "key", "a job", "echo", "0" * 64, "default", "normal", owner, {}, spec)


def told(news: JobNews) -> list[tuple[str, State, str | None]]:
    return [(one.id, one.state, one.progress and one.progress.message) for _, one in news.changes()]


def test_a_job_is_told_when_it_begins_gets_on_and_ends(records):
    news, new = JobNews(records), job()
    records.jobs.add([new, job(), job()])
    news.begin()
    assert told(news) == []  # it waits
    records.runs.started(new.run_id, attempt=1)
    assert told(news) == [(new.run_id, State.RUNNING, None)]
    assert told(news) == []
    records.runs.progressed(new.run_id, Progress("half"))
    assert told(news) == [(new.run_id, State.RUNNING, "half")]
    records.runs.finished(new.run_id, State.FAILED, error_code="PROGRAM_FAILED")
    assert told(news) == [(new.run_id, State.FAILED, None)]
    assert told(news) == []


def test_an_end_is_told_also_of_a_job_that_was_never_seen_at_work(records):
    news, early, quick = JobNews(records), job(), job()
    records.jobs.add([early, quick])
    records.runs.finished(early.run_id, State.KILLED)
    news.begin()
    records.runs.started(quick.run_id, attempt=1)
    records.runs.finished(quick.run_id, State.COMPLETE)
    assert told(news) == [(quick.run_id, State.COMPLETE, None)]


def test_a_job_that_waits_again_and_one_that_was_deleted_do_not_stop_the_news(records):
    news, again, gone = JobNews(records), job(), job()
    records.jobs.add([again, gone])
    for one in (again, gone):
        records.runs.started(one.run_id, attempt=1)
    assert len(told(news)) == 2
    records.runs.requeued(again.run_id, reason="the runner ended")
    records.runs.finished(gone.run_id, State.COMPLETE)
    records.jobs.delete(gone.run_id)
    assert told(news) == [(again.run_id, State.QUEUED, None)]
    assert told(news) == []


def heard(gateway: GatewayProcess, token: str, script, until: str, path: str = "/events") -> list[tuple[str, str]]:
    """Ids and states of jobs that a listener is told of, up to the end of one of them."""
    found: list[tuple[str, str]] = []
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"{gateway.url}{path}", headers=headers, timeout=20) as answer:
        kind = ""
        for line in answer.iter_lines():
            if line.startswith("retry"):
                script()
            kind = line.removeprefix("event: ") if line.startswith("event: ") else kind
            if line.startswith("data: ") and kind == "job":
                job_told = json.loads(line.removeprefix("data: "))
                found.append((job_told["id"], job_told["state"]))
                if found[-1] == (until, "COMPLETE"):
                    break
    return found


def test_a_submitter_hears_of_its_own_jobs_and_a_reader_of_all(own_gateway):
    with closing(open_tokens(own_gateway.settings)) as tokens:
        ann, ben, reader = (
            tokens.create(role, name)[1]
            for role, name in ((Role.SUBMITTER, "ann"), (Role.SUBMITTER, "ben"), (Role.READER, "reads"))
        )
    own_gateway.start()
    records = open_records(own_gateway.settings)

    def carry_out(*some: NewJob) -> None:
        records.jobs.add(some)
        for one in some:
            records.runs.started(one.run_id, attempt=1)
            records.runs.finished(one.run_id, State.COMPLETE)

    for token, owners in ((ann, {"ann"}), (ben, {"ben"}), (reader, {"ann", "ben"})):
        both = [job("ann"), job("ben")]
        mine = [one.run_id for one in both if one.owner in owners]
        found = heard(own_gateway, token, lambda both=both: carry_out(*both), until=mine[-1])
        assert {run_id for run_id, _ in found} == set(mine)

    about, other = job("ann", experiment="small"), job("ann")
    path = "/events?experiment=small"
    found = heard(own_gateway, ann, lambda: carry_out(other, about), until=about.run_id, path=path)
    assert {run_id for run_id, _ in found} == {about.run_id}
    records.runs.close()
