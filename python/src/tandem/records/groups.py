"""Groups of jobs: their counts, what they have used, and their jobs as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.sql.functions import count

from tandem.errors import RunUnknown
from tandem.records.job_schema import groups, jobs
from tandem.records.schema import runs
from tandem.states import OPEN, State

SECONDS_OF_HOUR = 3600
_CPUS, _GPUS = jobs.c.spec["cpus"].as_float(), jobs.c.spec["gpus"].as_float()


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
    #: What jobs have used up that are in it no more.
    past_cpu_s: float = 0.0
    past_gpu_s: float = 0.0


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
        """What its jobs have used up so far: what they were given, for as long as they ran or run."""
        past = select(groups.c.past_cpu_s, groups.c.past_gpu_s).where(groups.c.group_id == group_id)
        ended = select(func.sum(jobs.c.wall_s * _CPUS), func.sum(jobs.c.wall_s * _GPUS))
        running = select(_CPUS, _GPUS, runs.c.started_at).select_from(jobs.join(runs))
        running = running.where(jobs.c.group_id == group_id, runs.c.state == State.RUNNING)
        with self._engine.connect() as connection:
            cpu_s, gpu_s = connection.execute(past).one_or_none() or (0.0, 0.0)
            more_cpu_s, more_gpu_s = connection.execute(ended.where(jobs.c.group_id == group_id)).one()
            rows = connection.execute(running).tuples().all()
        now = datetime.now(UTC)
        so_far = [(cpus, gpus, max(0.0, (now - started).total_seconds())) for cpus, gpus, started in rows]
        return Used(
            (cpu_s + (more_cpu_s or 0.0) + sum(cpus * s for cpus, _, s in so_far)) / SECONDS_OF_HOUR,
            (gpu_s + (more_gpu_s or 0.0) + sum(gpus * s for _, gpus, s in so_far)) / SECONDS_OF_HOUR,
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


def make_group(connection: Connection, new: NewGroup, now: datetime) -> None:
    """Note a group, before its jobs."""
    connection.execute(insert(groups).values(**vars(new), created_at=now, total=0))


def leave(connection: Connection, group_id: str, run_id: str) -> None:
    """Take a job out of its group, which remembers what the job has used up."""
    this = jobs.c.run_id == run_id
    used = select(func.sum(jobs.c.wall_s * _CPUS), func.sum(jobs.c.wall_s * _GPUS)).where(this)
    cpu_s, gpu_s = connection.execute(used).one()
    past = {
        "total": groups.c.total - 1,
        "past_cpu_s": groups.c.past_cpu_s + (cpu_s or 0.0),
        "past_gpu_s": groups.c.past_gpu_s + (gpu_s or 0.0),
    }
    connection.execute(update(groups).where(groups.c.group_id == group_id).values(**past))
    connection.execute(update(jobs).where(this).values(group_id=None))


def _group(row: Row[Any]) -> Group:
    return Group(**row._mapping)
