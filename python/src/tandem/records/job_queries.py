"""What is asked of the record for every job. Built once: SQL that is written anew each time costs more than what the
database does."""

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from tandem.records.job_rows import selected
from tandem.records.job_schema import jobs, needs
from tandem.records.schema import runs
from tandem.states import State


def _waiting() -> tuple[ColumnElement[bool], ...]:
    """Few are not sent, and many are queued: the sum of two texts keeps databases from looking at the latter first."""
    return jobs.c.sent_at.is_(None), runs.c.state + "" == State.QUEUED


def _ready() -> Select[Any]:
    other = aliased(runs)
    unmet = (
        select(needs.c.run_id)
        .join(other, other.c.run_id == needs.c.needed_id, isouter=True)
        .where(needs.c.run_id == jobs.c.run_id, or_(other.c.state.is_(None), other.c.state != State.COMPLETE))
    )
    elsewhere = (jobs.c.queue + "/" + jobs.c.priority).not_in(bindparam("away", expanding=True))
    return selected().where(*_waiting(), elsewhere, ~exists(unmet)).order_by(jobs.c.number).limit(bindparam("most"))


def _hopeless() -> Select[Any]:
    other = aliased(runs)
    failed = [State.FAILED, State.KILLED, State.EXPIRED]
    return (
        select(jobs.c.run_id, needs.c.needed_id, other.c.state)
        .join(runs, runs.c.run_id == jobs.c.run_id)
        .join(needs, needs.c.run_id == jobs.c.run_id)
        .join(other, other.c.run_id == needs.c.needed_id, isouter=True)
        .where(*_waiting(), or_(other.c.state.in_(failed), other.c.state.is_(None)))
        .limit(bindparam("most"))
    )


GETTING = selected().where(jobs.c.run_id == bindparam("this"))
READY, HOPELESS = _ready(), _hopeless()
