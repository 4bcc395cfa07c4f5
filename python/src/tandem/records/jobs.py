"""Jobs in the record. Their states change in sql.py alone; what stands here is made with a job and goes with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Row, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import count

from tandem.errors import RunUnknown
from tandem.records.job_schema import groups, jobs, log_lines, manifests, needs
from tandem.records.schema import attempts, progress, requests, runs
from tandem.states import OPEN, State

Priority = Literal["high", "normal", "low"]

#: So many names fit into one question to every database.
AT_ONCE = 500
#: What ended is told of so long afterwards: ends that are being written at the same time come in the order of their
#: times by then.
SETTLED = timedelta(seconds=1)


@dataclass(frozen=True)
class NewJob:
    """A job as it is put into the record."""

    run_id: str
    key: str
    name: str
    program: str
    version: str
    queue: str
    priority: Priority
    owner: str
    parameters: Mapping[str, Any]
    spec: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)
    group_id: str | None = None
    input_hash: str | None = None
    needs: Sequence[str] = ()
    cached_from: str | None = None
    findings: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Job:
    """One job and where it stands."""

    number: int
    run_id: str
    name: str
    program: str
    version: str
    queue: str
    priority: Priority
    owner: str
    group_id: str | None
    input_hash: str | None
    parameters: Mapping[str, Any]
    spec: Mapping[str, Any]
    cached_from: str | None
    phase: str | None
    exit_code: int | None
    cpu_s: float | None
    wall_s: float | None
    peak_bytes: int | None
    result_bytes: int | None
    findings: Mapping[str, Any] | None
    sent_at: datetime | None
    # as every run
    state: State
    attempt: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    reason: str | None
    kill_requested: bool
    tags: Mapping[str, str]

    @property
    def result_prefix(self) -> str:
        """Where in the store its results lie: its own, or those of the equal job before it."""
        return f"runs/{self.cached_from or self.run_id}/"


@dataclass(frozen=True)
class JobsWanted:
    """Which jobs are looked for; what is empty or None does not matter."""

    states: Sequence[State] = ()
    program: str | None = None
    group_id: str | None = None
    owner: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    #: A part of the name, or the beginning of the id.
    search: str | None = None


@dataclass(frozen=True)
class Facts:
    """What was measured of a job; what is None stays as it is known."""

    phase: str | None = None
    exit_code: int | None = None
    cpu_s: float | None = None
    wall_s: float | None = None
    peak_bytes: int | None = None
    result_bytes: int | None = None
    findings: Mapping[str, Any] | None = None


FIELDS = [field.name for field in fields(Job)]
_OF_JOBS = [name for name in FIELDS if name in jobs.c]
_OF_RUNS = [name for name in FIELDS if name not in _OF_JOBS]


class JobRecord:
    """The jobs of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: Sequence[NewJob], inputs: Iterable[tuple[str, Sequence[Mapping[str, Any]]]] = ()) -> None:
        """Put jobs into the record, all or none, with what they read. One that has its result already is COMPLETE."""
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            for hash_, entries in inputs:
                known = connection.scalar(select(manifests.c.hash).where(manifests.c.hash == hash_))
                if known is None:
                    size = sum(entry["size"] for entry in entries)
                    row = {"hash": hash_, "files": len(entries), "size": size, "entries": list(entries)}
                    connection.execute(insert(manifests).values(row))
            connection.execute(insert(runs), [_run_row(job, now) for job in new])
            connection.execute(insert(jobs), [_job_row(job, now) for job in new])
            needed = [{"run_id": job.run_id, "needed_id": needed} for job in new for needed in job.needs]
            if needed:
                connection.execute(insert(needs), needed)

    def get(self, run_id: str) -> Job:
        """One job. RunUnknown if absent."""
        with self._engine.connect() as connection:
            row = connection.execute(_jobs().where(jobs.c.run_id == run_id)).one_or_none()
        if row is None:
            raise RunUnknown(run_id=run_id)
        return _job(row)

    def find(self, wanted: JobsWanted = JobsWanted(), *, limit: int = 50, before: int | None = None) -> list[Job]:
        """Jobs, newest first; only those of a smaller number than `before`."""
        found = _jobs().where(*_conditions(wanted)).order_by(jobs.c.number.desc()).limit(limit)
        if before is not None:
            found = found.where(jobs.c.number < before)
        with self._engine.connect() as connection:
            return [_job(row) for row in connection.execute(found)]

    def count(self, wanted: JobsWanted = JobsWanted()) -> int:
        """How many such jobs there are."""
        number = select(count()).select_from(jobs.join(runs)).where(*_conditions(wanted))
        with self._engine.connect() as connection:
            return connection.scalar(number) or 0

    def equal(self, keys: Sequence[str], owner: str) -> Mapping[str, Job]:
        """Of each key the newest job of this owner that has its result."""
        found: dict[str, Job] = {}
        for start in range(0, len(keys), AT_ONCE):
            same = (runs.c.etag.in_(keys[start : start + AT_ONCE]), runs.c.kind == "job", jobs.c.owner == owner)
            done = _jobs().add_columns(runs.c.etag).where(*same, runs.c.state == State.COMPLETE)
            with self._engine.connect() as connection:
                for row in connection.execute(done.order_by(jobs.c.number)):
                    found[row.etag] = _job(row)
        return found

    def ended_after(self, moment: datetime | None, run_id: str, limit: int) -> list[Job]:
        """Jobs that ended after this one, in the order of their ends; those of the last second come later."""
        ended = _jobs().where(runs.c.kind == "job", runs.c.finished_at <= datetime.now(UTC) - SETTLED)
        if moment is not None:
            later = and_(runs.c.finished_at == moment, runs.c.run_id > run_id)
            ended = ended.where(or_(runs.c.finished_at > moment, later))
        with self._engine.connect() as connection:
            rows = connection.execute(ended.order_by(runs.c.finished_at, runs.c.run_id).limit(limit))
            return [_job(row) for row in rows]

    def ready(self, limit: int) -> list[Job]:
        """Jobs that wait for nothing any more and whose message was not sent, oldest first."""
        other = aliased(runs)
        unmet = (
            select(needs.c.run_id)
            .join(other, other.c.run_id == needs.c.needed_id, isouter=True)
            .where(needs.c.run_id == jobs.c.run_id, or_(other.c.state.is_(None), other.c.state != State.COMPLETE))
        )
        waiting = _jobs().where(jobs.c.sent_at.is_(None), runs.c.state == State.QUEUED, ~exists(unmet))
        with self._engine.connect() as connection:
            return [_job(row) for row in connection.execute(waiting.order_by(jobs.c.number).limit(limit))]

    def hopeless(self, limit: int) -> list[tuple[str, str, State | None]]:
        """Jobs that wait for one that ended without a result: their id, its id, and what became of it."""
        other = aliased(runs)
        failed = [State.FAILED, State.KILLED, State.EXPIRED]
        rows = (
            select(jobs.c.run_id, needs.c.needed_id, other.c.state)
            .join(runs, runs.c.run_id == jobs.c.run_id)
            .join(needs, needs.c.run_id == jobs.c.run_id)
            .join(other, other.c.run_id == needs.c.needed_id, isouter=True)
            .where(jobs.c.sent_at.is_(None), runs.c.state == State.QUEUED)
            .where(or_(other.c.state.in_(failed), other.c.state.is_(None)))
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [(row[0], row[1], State(row[2]) if row[2] else None) for row in connection.execute(rows)]

    def sent(self, run_ids: Sequence[str]) -> None:
        """Note that the messages of these jobs are in their queues."""
        for start in range(0, len(run_ids), AT_ONCE):
            some = run_ids[start : start + AT_ONCE]
            with self._engine.begin() as connection:
                connection.execute(update(jobs).where(jobs.c.run_id.in_(some)).values(sent_at=datetime.now(UTC)))

    def waiting_for(self, run_ids: Sequence[str]) -> Mapping[str, list[str]]:
        """What jobs wait for that has not its result yet."""
        unmet = (
            select(needs.c.run_id, needs.c.needed_id)
            .join(runs, runs.c.run_id == needs.c.needed_id, isouter=True)
            .where(needs.c.run_id.in_(run_ids), or_(runs.c.state.is_(None), runs.c.state != State.COMPLETE))
        )
        found: dict[str, list[str]] = {}
        with self._engine.connect() as connection:
            for run_id, needed in connection.execute(unmet):
                found.setdefault(run_id, []).append(needed)
        return found

    def needs(self, run_id: str) -> list[str]:
        """All that a job waits or waited for."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(needs.c.needed_id).where(needs.c.run_id == run_id)))

    def note(self, run_id: str, facts: Facts) -> None:
        """Note what was measured."""
        told = {name: value for name, value in vars(facts).items() if value is not None}
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.run_id == run_id).values(**told))

    def entries(self, input_hash: str | None) -> list[dict[str, Any]]:
        """The files of an input."""
        if input_hash is None:
            return []
        with self._engine.connect() as connection:
            return connection.scalar(select(manifests.c.entries).where(manifests.c.hash == input_hash)) or []

    def running_of(self, program: str) -> int:
        """How many jobs of a program run now."""
        return self.count(JobsWanted(states=(State.RUNNING,), program=program))

    def delete(self, run_id: str) -> list[str]:
        """Remove a job that has ended from the record; the folders of results that nobody needs any more."""
        job = self.get(run_id)
        source = job.cached_from or run_id
        with self._engine.begin() as connection:
            for table in (attempts, requests, progress, needs, log_lines, jobs, runs):
                connection.execute(delete(table).where(table.c.run_id == run_id))
            others = or_(jobs.c.run_id == source, jobs.c.cached_from == source)
            is_needed = connection.scalar(select(count()).select_from(jobs).where(others))
            if job.group_id is not None:
                connection.execute(
                    update(groups).where(groups.c.group_id == job.group_id).values(total=groups.c.total - 1)
                )
        return [] if is_needed else [f"runs/{source}/"]

    def by_state(self, owner: str | None = None) -> Mapping[State, int]:
        """How many jobs are in each state."""
        sums = select(runs.c.state, count()).select_from(jobs.join(runs)).group_by(runs.c.state)
        if owner is not None:
            sums = sums.where(jobs.c.owner == owner)
        with self._engine.connect() as connection:
            return {State(state): number for state, number in connection.execute(sums).tuples()}

    def ended_since(self, moment: datetime, owner: str | None = None) -> list[tuple[datetime, State]]:
        """When and how jobs ended from a moment on."""
        ended = select(runs.c.finished_at, runs.c.state).select_from(jobs.join(runs))
        ended = ended.where(runs.c.finished_at >= moment)
        if owner is not None:
            ended = ended.where(jobs.c.owner == owner)
        with self._engine.connect() as connection:
            return [(at, State(state)) for at, state in connection.execute(ended).tuples()]

    def open_count(self, owner: str | None = None) -> int:
        """How many jobs are under way."""
        return self.count(JobsWanted(states=OPEN, owner=owner))


def _jobs() -> Select[Any]:
    columns = [jobs.c[name] for name in _OF_JOBS] + [runs.c[name] for name in _OF_RUNS]
    return select(*columns).select_from(jobs.join(runs))


def _job(row: Row[Any]) -> Job:
    return Job(**{**{name: row._mapping[name] for name in FIELDS}, "state": State(row.state)})


def _conditions(wanted: JobsWanted) -> list[ColumnElement[bool]]:
    equal = {jobs.c.program: wanted.program, jobs.c.group_id: wanted.group_id, jobs.c.owner: wanted.owner}
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.states:
        conditions.append(runs.c.state.in_(wanted.states))
    conditions += [runs.c.tags[key].as_string() == value for key, value in wanted.tags.items()]
    if wanted.since is not None:
        conditions.append(runs.c.queued_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(runs.c.queued_at < wanted.until)
    if wanted.search:
        part = wanted.search.lower()
        conditions.append(
            or_(
                func.lower(jobs.c.name).contains(part, autoescape=True), jobs.c.run_id.startswith(part, autoescape=True)
            )
        )
    return conditions


def _run_row(job: NewJob, now: datetime) -> dict[str, Any]:
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


def _job_row(job: NewJob, now: datetime) -> dict[str, Any]:
    row = {name: value for name, value in vars(job).items() if name in jobs.c}
    return {
        **row,
        "parameters": dict(job.parameters),
        "spec": dict(job.spec),
        "findings": None if job.findings is None else dict(job.findings),
        "sent_at": now if job.cached_from is not None else None,
    }
