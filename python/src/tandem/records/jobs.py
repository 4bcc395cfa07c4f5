"""Jobs in the record. Their states change in sql.py alone; what stands here is made with a job and goes with it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.functions import count

from tandem.errors import RunKnown, RunUnknown
from tandem.records.batches import batches
from tandem.records.ends import last_end
from tandem.records.facts import NOTHING, Facts, put_facts
from tandem.records.groups import NewGroup, leave, make_group
from tandem.records.job import Job, NewJob, Priority, folder_of
from tandem.records.job_filter import JobsWanted, conditions
from tandem.records.job_queries import GETTING, HOPELESS, READY
from tandem.records.job_rows import job_in, job_rows, run_row, selected
from tandem.records.job_schema import groups, jobs, log_lines, manifests, needs
from tandem.records.manifests import keep_manifest
from tandem.records.schema import attempts, progress, requests, runs
from tandem.states import State

ALL = JobsWanted()

__all__ = ["NOTHING", "Facts", "Job", "JobRecord", "JobsWanted", "NewJob", "Priority"]


class JobRecord:
    """The jobs of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        new: Sequence[NewJob],
        inputs: Iterable[tuple[str, Sequence[Mapping[str, Any]]]] = (),
        group: NewGroup | None = None,
    ) -> None:
        """Put jobs into the record, all or none, with what they read and their group if that is new. One that has its
        result already is COMPLETE. RunKnown where an id is taken, RunUnknown where a result has gone meanwhile."""
        try:
            self._add(new, inputs, group)
        except IntegrityError:
            known = self.all([job.run_id for job in new])
            raise RunKnown(run_id=known[0].run_id if known else new[0].run_id) from None

    def _add(
        self,
        new: Sequence[NewJob],
        inputs: Iterable[tuple[str, Sequence[Mapping[str, Any]]]],
        group: NewGroup | None,
    ) -> None:
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            for hash_, entries in inputs:
                keep_manifest(connection, hash_, entries)
            if group is not None:
                make_group(connection, group, now)
            connection.execute(insert(runs), [run_row(job, now) for job in new])
            _hold(connection, {job.cached_from for job in new if job.cached_from})
            connection.execute(insert(jobs), job_rows(connection, new, now))
            needed = [{"run_id": job.run_id, "needed_id": needed} for job in new for needed in job.needs]
            if needed:
                connection.execute(insert(needs), needed)
            for group_id, number in Counter(job.group_id for job in new if job.group_id).items():
                replaced = [job.retry_of for job in new if job.group_id == group_id and job.retry_of]
                leave(connection, group_id, replaced)
                more = groups.c.total + number
                connection.execute(update(groups).where(groups.c.group_id == group_id).values(total=more))

    def get(self, run_id: str) -> Job:
        """One job. RunUnknown if absent."""
        with self._engine.connect() as connection:
            row = connection.execute(GETTING, {"this": run_id}).one_or_none()
        if row is None:
            raise RunUnknown(run_id=run_id)
        return job_in(row)

    def all(self, run_ids: Sequence[str]) -> list[Job]:
        """Those of the jobs that there are, in the order of their submission."""
        found: list[Job] = []
        with self._engine.connect() as connection:
            for some in batches(run_ids):
                found += [job_in(row) for row in connection.execute(selected().where(jobs.c.run_id.in_(some)))]
        return sorted(found, key=lambda job: job.number)

    def find(self, wanted: JobsWanted = ALL, *, limit: int = 50, before: int | None = None) -> list[Job]:
        """Jobs, newest first; only those of a smaller number than `before`."""
        found = selected().where(*self._conditions(wanted)).order_by(jobs.c.number.desc()).limit(limit)
        if before is not None:
            found = found.where(jobs.c.number < before)
        with self._engine.connect() as connection:
            return [job_in(row) for row in connection.execute(found)]

    def count(self, wanted: JobsWanted = ALL) -> int:
        """How many such jobs there are."""
        number = select(count()).select_from(jobs.join(runs)).where(*self._conditions(wanted))
        with self._engine.connect() as connection:
            return connection.scalar(number) or 0

    def equal(self, keys: Sequence[str], owner: str) -> Mapping[str, Job]:
        """For each of the keys the newest job of this owner that has its result, where there is one."""
        found: dict[str, Job] = {}
        with self._engine.connect() as connection:
            for some in batches(keys):
                same = runs.c.etag.in_(some)
                # Few have these keys, and many are complete or his: sums of texts are looked at last.
                done = (same, runs.c.state + "" == State.COMPLETE, jobs.c.owner + "" == owner)
                rows = connection.execute(selected().add_columns(runs.c.etag).where(*done).order_by(jobs.c.number))
                found |= {row.etag: job_in(row) for row in rows}
        return found

    def ended_after(self, ended: int, limit: int, owner: str | None = None) -> list[Job]:
        """Jobs that ended after the one of this number, in the order of their ends."""
        later = selected().where(jobs.c.ended > ended).order_by(jobs.c.ended).limit(limit)
        if owner is not None:
            later = later.where(jobs.c.owner == owner)
        with self._engine.connect() as connection:
            return [job_in(row) for row in connection.execute(later)]

    def last_ended(self) -> int:
        """The number of the job that was the last to end."""
        with self._engine.connect() as connection:
            return last_end(connection)

    def ready(self, limit: int, away: Collection[tuple[str, Priority]] = ()) -> list[Job]:
        """Jobs that wait for nothing any more and whose message was not sent, oldest first; but none of the queues that
        are away."""
        told = {"most": limit, "away": [f"{queue}/{priority}" for queue, priority in away]}
        with self._engine.connect() as connection:
            return [job_in(row) for row in connection.execute(READY, told)]

    def hopeless(self, limit: int) -> list[tuple[str, str, State | None]]:
        """Jobs that wait for one that ended without a result: their id, its id, and what became of it."""
        with self._engine.connect() as connection:
            rows = connection.execute(HOPELESS, {"most": limit})
            return [(row[0], row[1], State(row[2]) if row[2] else None) for row in rows]

    def sent(self, run_ids: Sequence[str]) -> None:
        """Note that the messages of these jobs are in their queues."""
        for some in batches(run_ids):
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

    def needs(self, run_ids: Sequence[str]) -> Mapping[str, list[str]]:
        """All that jobs wait or waited for."""
        found: dict[str, list[str]] = {run_id: [] for run_id in run_ids}
        with self._engine.connect() as connection:
            for some in batches(run_ids):
                wanted = select(needs.c.run_id, needs.c.needed_id).where(needs.c.run_id.in_(some))
                for run_id, needed in connection.execute(wanted):
                    found[run_id].append(needed)
        return found

    def note(self, run_id: str, facts: Facts) -> None:
        """Note what was measured."""
        with self._engine.begin() as connection:
            put_facts(connection, run_id, facts)

    def entries(self, input_hash: str | None) -> list[dict[str, Any]]:
        """The files of an input."""
        if input_hash is None:
            return []
        with self._engine.connect() as connection:
            return connection.scalar(select(manifests.c.entries).where(manifests.c.hash == input_hash)) or []

    def delete(self, *run_ids: str) -> list[str]:
        """Remove jobs that have ended from the record; the folders of results that nobody needs any more."""
        unneeded: list[str] = []
        for some in batches(run_ids):
            with self._engine.begin() as connection:
                gone = [job_in(row) for row in connection.execute(selected().where(jobs.c.run_id.in_(some)))]
                for group_id in {job.group_id for job in gone if job.group_id is not None}:
                    leave(connection, group_id, [job.run_id for job in gone if job.group_id == group_id])
                for table in (attempts, requests, progress, needs, log_lines, jobs, runs):
                    connection.execute(delete(table).where(table.c.run_id.in_(some)))
                sources = {job.source_id for job in gone}
                themselves = select(jobs.c.run_id).where(jobs.c.run_id.in_(sources))
                cached = select(jobs.c.cached_from).where(jobs.c.cached_from.in_(sources))
                needed = {*connection.scalars(themselves), *connection.scalars(cached)}
            unneeded += [folder_of(source) for source in sorted(sources - needed)]
        return unneeded

    def by_state(self, owner: str | None = None) -> Mapping[State, int]:
        """How many jobs are in each state."""
        sums = select(runs.c.state, count()).where(runs.c.kind == "job").group_by(runs.c.state)
        if owner is not None:
            sums = sums.join(jobs, jobs.c.run_id == runs.c.run_id).where(jobs.c.owner == owner)
        with self._engine.connect() as connection:
            return {State(state): number for state, number in connection.execute(sums)}

    def ended_since(self, moment: datetime, owner: str | None = None) -> list[tuple[datetime, State]]:
        """When and how jobs ended from a moment on."""
        ended = select(runs.c.finished_at, runs.c.state).select_from(jobs.join(runs))
        ended = ended.where(runs.c.finished_at >= moment)
        if owner is not None:
            ended = ended.where(jobs.c.owner == owner)
        with self._engine.connect() as connection:
            return [(at, State(state)) for at, state in connection.execute(ended)]

    def _conditions(self, wanted: JobsWanted) -> list[ColumnElement[bool]]:
        return conditions(wanted, self._engine.dialect.name)


def _hold(connection: Connection, sources: Collection[str]) -> None:
    """See that the results of these jobs are there, and that nobody deletes them before this transaction is over."""
    for some in batches(sorted(sources)):
        theirs = select(jobs.c.run_id, jobs.c.cached_from).with_for_update(read=True)
        rows = connection.execute(theirs.where(or_(jobs.c.run_id.in_(some), jobs.c.cached_from.in_(some)))).all()
        if gone := set(some) - {row.cached_from or row.run_id for row in rows}:
            raise RunUnknown(run_id=min(gone))
