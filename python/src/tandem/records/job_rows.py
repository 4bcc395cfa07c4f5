"""Jobs as rows of the tables, and rows as jobs."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from tandem.records.ends import next_end
from tandem.records.job import Job, NewJob
from tandem.records.job_schema import jobs
from tandem.records.schema import runs
from tandem.states import State

_OF_JOBS = [name for name in (field.name for field in fields(Job)) if name in jobs.c]
_NAMES = [field.name for field in fields(Job) if field.name != "state"]
_OF_RUNS = [field.name for field in fields(Job) if field.name not in _OF_JOBS]


def selected() -> Select[Any]:
    """All that a job consists of."""
    columns = [jobs.c[name] for name in _OF_JOBS] + [runs.c[name] for name in _OF_RUNS]
    return select(*columns).select_from(jobs.join(runs))


def job_in(row: Row[Any]) -> Job:
    """The job of a row."""
    return Job(**{name: row._mapping[name] for name in _NAMES}, state=State(row.state))


def run_row(job: NewJob, now: datetime) -> dict[str, Any]:
    """A new job as a run. One that has its result already is COMPLETE."""
    done = job.cached_from is not None
    return {
        "run_id": job.run_id,
        "experiment": "",
        "task": job.program,
        "etag": job.key,
        "state": State.COMPLETE if done else State.QUEUED,
        "attempt": 1,
        "queued_at": now,
        "started_at": now if done else None,
        "finished_at": now if done else None,
        "kill_requested": False,
        "parent": job.group_id,
        "tags": dict(job.tags),
        "kind": "job",
    }


def job_rows(connection: Connection, new: Sequence[NewJob], now: datetime) -> list[dict[str, Any]]:
    """What only jobs have, of new ones."""
    done = [job.run_id for job in new if job.cached_from is not None]
    first = next_end(connection, len(done)) if done else 0
    ends = {run_id: first + place for place, run_id in enumerate(done)}
    return [_job_row(job, now, ends.get(job.run_id)) for job in new]


def _job_row(job: NewJob, now: datetime, ended: int | None) -> dict[str, Any]:
    row = {name: value for name, value in vars(job).items() if name in jobs.c}
    return {
        **row,
        "parameters": dict(job.parameters),
        "spec": dict(job.spec),
        "sent_at": now if ended is not None else None,
        "ended": ended,
    }
