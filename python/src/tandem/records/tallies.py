"""How many tasks there are, and what became of them: sums over the record, each cheap however long it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.sql.functions import count
from sqlalchemy.sql.functions import min as least

from tandem.records.schema import runs
from tandem.states import OPEN, State


@dataclass(frozen=True)
class Ended:
    """A run that has come to its end."""

    run_id: str
    task: str
    state: State
    error_code: str | None
    started_at: datetime | None
    finished_at: datetime


class Tallies:
    """Sums over one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_state(self) -> Mapping[State, int]:
        """How many runs are in each state."""
        sums = select(runs.c.state, count()).where(runs.c.kind == "task").group_by(runs.c.state)
        with self._engine.connect() as connection:
            return {State(state): number for state, number in connection.execute(sums).tuples()}

    def oldest_waiting(self) -> Mapping[str, datetime]:
        """Since when the run waits that waits longest, of each experiment."""
        oldest = select(runs.c.experiment, least(runs.c.queued_at)).where(
            runs.c.kind == "task", runs.c.state == State.QUEUED
        )
        with self._engine.connect() as connection:
            return dict(connection.execute(oldest.group_by(runs.c.experiment)).tuples().all())

    def under_way(self) -> set[str]:
        """The experiments of which something is asked that has not ended."""
        wanted = select(runs.c.experiment).where(runs.c.kind == "task", runs.c.state.in_(OPEN)).distinct()
        with self._engine.connect() as connection:
            return set(connection.scalars(wanted))

    def ended_since(self, moment: datetime) -> Sequence[Ended]:
        """The runs that ended at this moment or later."""
        columns = (runs.c.run_id, runs.c.task, runs.c.state, runs.c.error_code, runs.c.started_at, runs.c.finished_at)
        with self._engine.connect() as connection:
            rows = connection.execute(select(*columns).where(runs.c.kind == "task", runs.c.finished_at >= moment)).all()
        return [Ended(**{**row._mapping, "state": State(row.state)}) for row in rows]
