"""The record of runs in SQL: SQLite on one machine, PostgreSQL in a cluster. The one module where a state changes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import UTC, datetime
from socket import gethostname
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, String, Update, and_, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.functions import count
from sqlalchemy.sql.functions import max as max_

from tandem.errors import IllegalMove, RunUnknown, TaskKilled
from tandem.records.base import ANY, Attempt, Progress, Run, Wanted
from tandem.records.batches import batches
from tandem.records.database import open_database
from tandem.records.ends import next_end
from tandem.records.facts import NOTHING, Facts, put_facts
from tandem.records.job_schema import jobs
from tandem.records.schema import attempts, requests, runs
from tandem.records.schema import progress as progress_table
from tandem.settings import Settings
from tandem.states import OPEN, State, may_become

#: Why an attempt ended that nobody closed.
LEFT_BEHIND = "The worker that ran this attempt did not finish it."


class SqlRecord:
    """Every change is one conditional UPDATE, so that of two processes only one can win it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def queued(
        self,
        run_id: str,
        *,
        experiment: str,
        task: str,
        etag: str,
        tags: Mapping[str, str] | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> Run:
        """Note a request as accepted; the same id again changes nothing and returns what is known."""
        new = {
            "run_id": run_id,
            "experiment": experiment,
            "task": task,
            "etag": etag,
            "state": State.QUEUED,
            "attempt": 1,
            "queued_at": _now(),
            "kill_requested": False,
            "tags": dict(tags or {}),
        }
        with suppress(IntegrityError), self._engine.begin() as connection:
            connection.execute(insert(runs).values(new))
        # The worker may have met the message, and noted its run, before its sender did.
        if request is not None:
            with suppress(IntegrityError), self._engine.begin() as connection:
                connection.execute(insert(requests).values(run_id=run_id, request=dict(request)))
        return self.get(run_id)

    def started(self, run_id: str, *, attempt: int) -> Run:
        """QUEUED, or RUNNING an earlier attempt that died, becomes RUNNING with this attempt."""
        now = _now()
        with self._engine.begin() as connection:
            run = _move(connection, STARTING, run_id, State.RUNNING, to_attempt=attempt, to_started_at=now)
            _end_attempt(connection, run_id, now, LEFT_BEHIND)
            new = {"run_id": run_id, "attempt": attempt, "started_at": now, "host": gethostname()}
            connection.execute(NEW_ATTEMPT, new)
        return run

    def requeued(self, run_id: str, *, reason: str, counts: bool = True) -> Run:
        """RUNNING becomes QUEUED with the next attempt, or with the same one where it does not count. The reason
        stays with the attempt that ended."""
        with self._engine.begin() as connection:
            run = _move(connection, REQUEUING, run_id, State.QUEUED, more=int(counts))
            _end_attempt(connection, run_id, _now(), reason)
        return run

    def finished(
        self,
        run_id: str,
        state: State,
        *,
        error_code: str | None = None,
        reason: str | None = None,
        facts: Facts = NOTHING,
    ) -> Run:
        """Enter a terminal state, with what was measured of a job. The same terminal state again changes nothing;
        another one is IllegalMove."""
        if not state.terminal:
            raise ValueError(f"A run cannot finish as {state}.")
        now = _now()
        told = {"to_finished_at": now, "to_error_code": error_code, "to_reason": reason}
        with self._engine.begin() as connection:
            try:
                run = _move(connection, FINISHING[state], run_id, state, **told)
            except IllegalMove:
                known = _get(connection, run_id)
                if known.state is not state:
                    raise
                return known
            _end_attempt(connection, run_id, now, reason)
            if run.kind == "job":
                put_facts(connection, run_id, facts, ended=next_end(connection))
        return run

    def request_kill(self, run_id: str) -> Run:
        """End a run that waits, ask one that runs to end. A terminal run stays as it is."""
        with self._engine.begin() as connection:
            _kill(connection, runs.c.run_id == run_id)
            return _get(connection, run_id)

    def request_kills(self, run_ids: Sequence[str]) -> None:
        """The same for many runs at once; those that are not there are left out."""
        for some in batches(run_ids):
            with self._engine.begin() as connection:
                _kill(connection, runs.c.run_id.in_(some))

    def kills_requested(self, run_ids: Sequence[str]) -> set[str]:
        """Those of the runs that somebody asked to cancel."""
        asked = select(runs.c.run_id).where(runs.c.run_id.in_(run_ids), runs.c.kill_requested)
        with self._engine.connect() as connection:
            return set(connection.scalars(asked))

    def get(self, run_id: str) -> Run:
        """One run. RunUnknown if absent."""
        with self._engine.connect() as connection:
            return _get(connection, run_id)

    def progressed(self, run_id: str, progress: Progress) -> None:
        """Note how far a run is."""
        told = {**asdict(progress), "told_at": _now()}
        with suppress(IntegrityError), self._engine.begin() as connection:
            known = connection.execute(update(progress_table).where(progress_table.c.run_id == run_id).values(told))
            if not known.rowcount:
                connection.execute(insert(progress_table).values(run_id=run_id, **told))

    def request(self, run_id: str) -> Mapping[str, Any] | None:
        """What was asked for, where that was noted."""
        with self._engine.connect() as connection:
            return connection.scalar(select(requests.c.request).where(requests.c.run_id == run_id))

    def attempts(self, run_id: str) -> list[Attempt]:
        """The tries to carry out a run, first to last."""
        names = [field.name for field in fields(Attempt)]
        tries = select(*(attempts.c[name] for name in names)).where(attempts.c.run_id == run_id).order_by(attempts.c.id)
        with self._engine.connect() as connection:
            return [Attempt(**row._mapping) for row in connection.execute(tries)]

    def progress(self, run_ids: Sequence[str]) -> Mapping[str, Progress]:
        """How far those of the runs are that said so."""
        told = select(progress_table).where(progress_table.c.run_id.in_(run_ids))
        with self._engine.connect() as connection:
            return {row.run_id: Progress(row.message, row.step, row.total) for row in connection.execute(told)}

    def find(self, wanted: Wanted = ANY, *, limit: int = 50, offset: int = 0) -> list[Run]:
        """Runs, newest first."""
        newest = select(runs).where(*_conditions(wanted)).order_by(runs.c.queued_at.desc(), runs.c.run_id.desc())
        with self._engine.connect() as connection:
            return [_run(row._mapping) for row in connection.execute(newest.limit(limit).offset(offset))]

    def count(self, wanted: Wanted = ANY) -> int:
        """How many such runs there are."""
        with self._engine.connect() as connection:
            return connection.scalar(select(count()).select_from(runs).where(*_conditions(wanted))) or 0

    def last_used(self) -> Mapping[str, datetime]:
        """When something was last asked of each experiment."""
        tasks = select(runs.c.experiment, max_(runs.c.queued_at)).where(runs.c.kind == "task")
        latest = tasks.group_by(runs.c.experiment)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(latest)}

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def open_record(settings: Settings) -> SqlRecord:
    """The record that DATABASE_URL names; it is made when missing. RecordUnavailable when it does not answer."""
    return SqlRecord(open_database(settings.database_url))


def _moving(then: State, *allowed: ColumnElement[bool], **values: object) -> Update:
    """Built once, as what stands for the values comes later: SQL that is written anew each time costs more than what
    the database does."""
    return update(runs).where(runs.c.run_id == bindparam("this"), *allowed).values(state=then, **values).returning(runs)


def _to(*names: str) -> dict[str, object]:
    return {name: bindparam(f"to_{name}", type_=runs.c[name].type) for name in names}


_LEFT = and_(runs.c.state == State.RUNNING, runs.c.attempt < bindparam("to_attempt", type_=runs.c.attempt.type))
STARTING = _moving(State.RUNNING, or_(runs.c.state == State.QUEUED, _LEFT), **_to("attempt", "started_at"))
REQUEUING = _moving(
    State.QUEUED, runs.c.state == State.RUNNING, attempt=runs.c.attempt + bindparam("more", type_=runs.c.attempt.type)
)
FINISHING = {
    state: _moving(
        state,
        or_(*(runs.c.state == source for source in State if may_become(source, state))),
        **_to("finished_at", "error_code", "reason"),
    )
    for state in State
    if state.terminal
}
NEW_ATTEMPT = insert(attempts)
ENDING_ATTEMPT = (
    update(attempts)
    .where(attempts.c.run_id == bindparam("this"), attempts.c.ended_at.is_(None))
    .values(ended_at=bindparam("now", type_=attempts.c.ended_at.type), reason=bindparam("why", type_=String()))
)
GETTING = select(runs).where(runs.c.run_id == bindparam("this"))
_NAMES = [field.name for field in fields(Run) if field.name != "state"]


def _move(connection: Connection, change: Update, run_id: str, then: State, **values: object) -> Run:
    row = connection.execute(change, {"this": run_id, **values}).one_or_none()
    if row is None:
        raise IllegalMove(run_id=run_id, now=_get(connection, run_id).state, then=then)
    return _run(row._mapping)


def _kill(connection: Connection, which: ColumnElement[bool]) -> None:
    killed = TaskKilled()
    ended = {"state": State.KILLED, "finished_at": _now(), "error_code": killed.code, "reason": str(killed)}
    waiting = update(runs).where(which, runs.c.state == State.QUEUED).values(**ended, kill_requested=True)
    over = connection.execute(waiting.returning(runs.c.run_id, runs.c.kind)).all()
    # Also for one that has come back to the queue this very moment: it is not begun again.
    connection.execute(update(runs).where(which, runs.c.state.in_(OPEN)).values(kill_requested=True))
    if of_jobs := [row.run_id for row in over if row.kind == "job"]:
        first = next_end(connection, len(of_jobs))
        numbered = update(jobs).where(jobs.c.run_id == bindparam("b_killed")).values(ended=bindparam("b_number"))
        numbers = [{"b_killed": run_id, "b_number": number} for number, run_id in enumerate(of_jobs, first)]
        connection.execute(numbered, numbers)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    equal = {runs.c.experiment: wanted.experiment, runs.c.etag: wanted.etag, runs.c.task: wanted.task}
    conditions = [runs.c.kind == wanted.kind]
    conditions += [column == value for column, value in equal.items() if value is not None]
    if wanted.states:
        conditions.append(runs.c.state.in_(wanted.states))
    if wanted.queued_since is not None:
        conditions.append(runs.c.queued_at >= wanted.queued_since)
    return conditions


def _end_attempt(connection: Connection, run_id: str, now: datetime, reason: str | None) -> None:
    connection.execute(ENDING_ATTEMPT, {"this": run_id, "now": now, "why": reason})


def _get(connection: Connection, run_id: str) -> Run:
    row = connection.execute(GETTING, {"this": run_id}).one_or_none()
    if row is None:
        raise RunUnknown(run_id=run_id)
    return _run(row._mapping)


def _run(row: Mapping[Any, Any]) -> Run:
    return Run(**{name: row[name] for name in _NAMES}, state=State(row["state"]))


def _now() -> datetime:
    return datetime.now(UTC)
