"""Groups of jobs: their counts, what they have used, and their jobs as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, delete, func, insert, select, update
from sqlalchemy.sql.functions import count

from tandem.errors import RunUnknown
from tandem.records.job_schema import groups, jobs
from tandem.records.schema import runs
from tandem.states import OPEN, State

SECONDS_OF_HOUR = 3600


@dataclass(frozen=True)
class Group:
    """Jobs that were submitted together."""

    number: int
    group_id: str
    name: str
    program: str
    owner: str
    created_at: datetime
    total: int
    cpu_hours: float | None = None
    gpu_hours: float | None = None
    reduce_id: str | None = None


@dataclass(frozen=True)
class Used:
    """What jobs have used up."""

    cpu_hours: float
    gpu_hours: float


@dataclass(frozen=True)
class Bar:
    """One job on the time line of its group."""

    run_id: str
    name: str
    state: State
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def state_of(counts: Mapping[State, int]) -> State:
    """How a group stands whose jobs stand so."""
    if any(counts.get(state) for state in OPEN):
        return State.QUEUED if set(counts) <= {State.QUEUED} else State.RUNNING
    for state in (State.FAILED, State.KILLED, State.EXPIRED):
        if counts.get(state):
            return state
    return State.COMPLETE


class Groups:
    """The groups of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        group_id: str,
        *,
        name: str,
        program: str,
        owner: str,
        total: int,
        cpu_hours: float | None = None,
        gpu_hours: float | None = None,
        reduce_id: str | None = None,
    ) -> None:
        """Note a group, before its jobs."""
        row = {"group_id": group_id, "name": name, "program": program, "owner": owner, "total": total}
        limits = {"cpu_hours": cpu_hours, "gpu_hours": gpu_hours, "reduce_id": reduce_id}
        with self._engine.begin() as connection:
            connection.execute(insert(groups).values(**row, **limits, created_at=datetime.now(UTC)))

    def get(self, group_id: str) -> Group:
        """One group. RunUnknown if absent."""
        with self._engine.connect() as connection:
            row = connection.execute(select(groups).where(groups.c.group_id == group_id)).one_or_none()
        if row is None:
            raise RunUnknown(run_id=group_id)
        return _group(row)

    def find(self, owner: str | None = None, *, limit: int = 50, before: int | None = None) -> list[Group]:
        """Groups, newest first."""
        found = select(groups).order_by(groups.c.number.desc()).limit(limit)
        if owner is not None:
            found = found.where(groups.c.owner == owner)
        if before is not None:
            found = found.where(groups.c.number < before)
        with self._engine.connect() as connection:
            return [_group(row) for row in connection.execute(found)]

    def count(self, owner: str | None = None) -> int:
        """How many groups there are."""
        number = select(count()).select_from(groups)
        if owner is not None:
            number = number.where(groups.c.owner == owner)
        with self._engine.connect() as connection:
            return connection.scalar(number) or 0

    def counts(self, group_ids: Sequence[str]) -> Mapping[str, Mapping[State, int]]:
        """How many jobs of each group are in each state."""
        sums = (
            select(jobs.c.group_id, runs.c.state, count())
            .select_from(jobs.join(runs))
            .where(jobs.c.group_id.in_(group_ids))
            .group_by(jobs.c.group_id, runs.c.state)
        )
        found: dict[str, dict[State, int]] = {group_id: {} for group_id in group_ids}
        with self._engine.connect() as connection:
            for group_id, state, number in connection.execute(sums).tuples():
                found[group_id][State(state)] = number
        return found

    def used(self, group_id: str) -> Used:
        """What its jobs have used up so far: what they were given, for as long as they ran."""
        cpus, gpus = jobs.c.spec["cpus"].as_float(), jobs.c.spec["gpus"].as_float()
        sums = select(func.sum(jobs.c.wall_s * cpus), func.sum(jobs.c.wall_s * gpus))
        with self._engine.connect() as connection:
            cpu_s, gpu_s = connection.execute(sums.where(jobs.c.group_id == group_id)).one()
        return Used((cpu_s or 0.0) / SECONDS_OF_HOUR, (gpu_s or 0.0) / SECONDS_OF_HOUR)

    def members(self, group_id: str, states: Sequence[State] = ()) -> list[str]:
        """Its jobs, in the order of their submission."""
        found = select(jobs.c.run_id).select_from(jobs.join(runs)).where(jobs.c.group_id == group_id)
        if states:
            found = found.where(runs.c.state.in_(states))
        with self._engine.connect() as connection:
            return list(connection.scalars(found.order_by(jobs.c.number)))

    def timeline(self, group_id: str) -> list[Bar]:
        """When each of its jobs waited and ran."""
        times = (runs.c.queued_at, runs.c.started_at, runs.c.finished_at)
        bars = select(jobs.c.run_id, jobs.c.name, runs.c.state, *times).select_from(jobs.join(runs))
        with self._engine.connect() as connection:
            rows = connection.execute(bars.where(jobs.c.group_id == group_id).order_by(jobs.c.number))
            return [Bar(**{**row._mapping, "state": State(row.state)}) for row in rows]

    def reduced_by(self, group_id: str, reduce_id: str) -> None:
        """Note which job sums it up."""
        with self._engine.begin() as connection:
            connection.execute(update(groups).where(groups.c.group_id == group_id).values(reduce_id=reduce_id))

    def recounted(self, group_id: str) -> None:
        """Note how many jobs it has now."""
        number = select(count()).select_from(jobs).where(jobs.c.group_id == group_id).scalar_subquery()
        with self._engine.begin() as connection:
            connection.execute(update(groups).where(groups.c.group_id == group_id).values(total=number))

    def delete(self, group_id: str) -> None:
        """Forget a group whose jobs are deleted."""
        with self._engine.begin() as connection:
            connection.execute(delete(groups).where(groups.c.group_id == group_id))


def _group(row: Row[Any]) -> Group:
    return Group(**row._mapping)
