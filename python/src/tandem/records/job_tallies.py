"""What jobs wait for and have: sums over the record, each cheap however long it is."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.sql.functions import min as least

from tandem.records.job_schema import jobs
from tandem.records.schema import runs
from tandem.states import State


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
