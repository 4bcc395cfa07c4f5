"""Groups of jobs: their counts, what they have used, and their jobs as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.sql.functions import count

from tandem.errors import RunUnknown
from tandem.records.batches import batches
from tandem.records.job_schema import groups, jobs
from tandem.records.schema import runs
from tandem.states import OPEN, State

SECONDS_OF_HOUR = 3600


@dataclass(frozen=True)
class NewGroup:
    """A group as it is put into the record, with its jobs."""

    group_id: str
    name: str
    program: str
    owner: str
    cpu_hours: float | None = None
    gpu_hours: float | None = None
    reduce_id: str | None = None


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
    #: What attempts that have ended have used up.
    used_cpu_s: float = 0.0
    used_gpu_s: float = 0.0


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
        sums = select(runs.c.parent, runs.c.state, count()).where(runs.c.parent.in_(group_ids))
        sums = sums.group_by(runs.c.parent, runs.c.state)
        found: dict[str, dict[State, int]] = {group_id: {} for group_id in group_ids}
        with self._engine.connect() as connection:
            for group_id, state, number in connection.execute(sums):
                found[group_id][State(state)] = number
        return found

    def spend(self, group_id: str, cpu_s: float, gpu_s: float) -> None:
        """Note what an attempt of one of its jobs has used up: what it was given, for as long as it ran."""
        more = {"used_cpu_s": groups.c.used_cpu_s + cpu_s, "used_gpu_s": groups.c.used_gpu_s + gpu_s}
        with self._engine.begin() as connection:
            connection.execute(update(groups).where(groups.c.group_id == group_id).values(**more))

    def used(self, group_id: str) -> Used:
        """What its jobs have used up so far, those among them that run now."""
        group = self.get(group_id)
        running = select(jobs.c.spec["cpus"].as_float(), jobs.c.spec["gpus"].as_float(), runs.c.started_at)
        running = running.select_from(jobs.join(runs))
        with self._engine.connect() as connection:
            mine = (runs.c.parent == group_id, runs.c.state == State.RUNNING)
            rows = connection.execute(running.where(*mine)).all()
        now = datetime.now(UTC)
        so_far = [(cpus, gpus, max(0.0, (now - started).total_seconds())) for cpus, gpus, started in rows]
        return Used(
            (group.used_cpu_s + sum(cpus * seconds for cpus, _, seconds in so_far)) / SECONDS_OF_HOUR,
            (group.used_gpu_s + sum(gpus * seconds for _, gpus, seconds in so_far)) / SECONDS_OF_HOUR,
        )

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
            return [Bar(run_id, name, State(state), *moments) for run_id, name, state, *moments in rows]

    def reduced_by(self, group_id: str, reduce_id: str) -> None:
        """Note which job sums it up."""
        with self._engine.begin() as connection:
            connection.execute(update(groups).where(groups.c.group_id == group_id).values(reduce_id=reduce_id))

    def delete(self, group_id: str) -> None:
        """Forget a group whose jobs are deleted."""
        with self._engine.begin() as connection:
            connection.execute(delete(groups).where(groups.c.group_id == group_id))


def make_group(connection: Connection, new: NewGroup, now: datetime) -> None:
    """Note a group, before its jobs."""
    connection.execute(insert(groups).values(**vars(new), created_at=now, total=0))


def leave(connection: Connection, group_id: str, run_ids: Sequence[str]) -> None:
    """Take jobs out of their group."""
    less = groups.c.total - len(run_ids)
    connection.execute(update(groups).where(groups.c.group_id == group_id).values(total=less))
    for some in batches(run_ids):
        connection.execute(update(jobs).where(jobs.c.run_id.in_(some)).values(group_id=None))
        connection.execute(update(runs).where(runs.c.run_id.in_(some)).values(parent=None))


def _group(row: Row[Any]) -> Group:
    return Group(**row._mapping)
