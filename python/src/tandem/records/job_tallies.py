"""How many jobs there are, what waits and what became of them: sums over the record, each cheap however long it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.sql.functions import min as least

from tandem.records.ends import last_end
from tandem.records.job_schema import jobs
from tandem.records.schema import runs
from tandem.states import State


@dataclass(frozen=True)
class EndedJob:
    """A job that has come to its end, and its place among the ends."""

    ended: int
    program: str
    state: State
    error_code: str | None
    started_at: datetime | None
    finished_at: datetime
    cached_from: str | None


class JobTallies:
    """Sums over the jobs of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def oldest_waiting(self) -> Mapping[str, datetime]:
        """Of each queue, since when the message lies there that has lain longest; who waits for others has none yet."""
        waiting = (runs.c.kind == "job", runs.c.state == State.QUEUED, jobs.c.sent_at.is_not(None))
        oldest = select(jobs.c.queue, least(jobs.c.sent_at)).select_from(jobs.join(runs)).where(*waiting)
        with self._engine.connect() as connection:
            return dict(connection.execute(oldest.group_by(jobs.c.queue)).tuples().all())

    def lent_cpus(self) -> float:
        """The CPUs that jobs have which run now."""
        cpus = func.coalesce(func.sum(jobs.c.spec["cpus"].as_float()), 0.0)
        running = select(cpus).select_from(jobs.join(runs)).where(runs.c.kind == "job", runs.c.state == State.RUNNING)
        with self._engine.connect() as connection:
            return float(connection.scalar(running) or 0.0)

    def last_ended(self) -> int:
        """The number of the last end."""
        with self._engine.connect() as connection:
            return last_end(connection)

    def ended_after(self, ended: int, limit: int) -> Sequence[EndedJob]:
        """The ends after the one of this number, in their order."""
        ends = (jobs.c.ended, jobs.c.program, runs.c.state, runs.c.error_code, runs.c.started_at, runs.c.finished_at)
        later = select(*ends, jobs.c.cached_from).select_from(jobs.join(runs)).where(jobs.c.ended > ended)
        with self._engine.connect() as connection:
            rows = connection.execute(later.order_by(jobs.c.ended).limit(limit)).all()
        return [EndedJob(**{**row._mapping, "state": State(row.state)}) for row in rows]
