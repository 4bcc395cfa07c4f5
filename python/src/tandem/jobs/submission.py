"""Where jobs are handed in: checked whole, named, found done already or put into the record, and sent."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any
from uuid import uuid4

from tandem.errors import BudgetSpent, InputUnfit, TransientError
from tandem.exchange.request import Places
from tandem.jobs.dispatch import Dispatch
from tandem.jobs.drafting import Chosen, Draft, Drafting, check_inputs
from tandem.jobs.gathering import Gathering, jobs_in, rows_of
from tandem.jobs.inputs.manifest import Manifest
from tandem.jobs.naming import key_of
from tandem.jobs.programs import packing
from tandem.jobs.programs.library import Library
from tandem.jobs.programs.parameters import completed
from tandem.jobs.sweeps import cases_of, said, tags_of
from tandem.jobs.wishes import JobWish, Resources, SweepWish
from tandem.records.bundle import Records
from tandem.records.groups import Group
from tandem.records.jobs import Job, NewJob
from tandem.settings import Settings
from tandem.states import State
from tandem.stores import Store

log = logging.getLogger(__name__)

#: What a job that is run again has from the one before it.
SAME = {field.name for field in fields(NewJob)} - {"run_id", "key", "tags", "needs", "cached_from", "findings"}


class Desk:
    """Takes wishes from whoever has them. What it refuses leaves nothing behind in the record."""

    def __init__(
        self, settings: Settings, records: Records, store: Store, library: Library, places: Places | None = None
    ) -> None:
        self._records, self._store = records, store
        self._drafting = Drafting(settings, records, library)
        self.gathering = Gathering(settings, records, store, places)
        self.dispatch = Dispatch(settings, records)

    def check(self, wish: JobWish, owner: str = "") -> None:
        """Refuse what could not be submitted now, as far as that is known without its inputs."""
        chosen = self._drafting.choose(wish.program, wish.command)
        self._drafting.check_experiment(chosen.file, wish.experiment)
        self._drafting.check_jobs("after", wish.after, owner)
        self._drafting.check_jobs("inputs", jobs_in(wish.inputs), owner)
        completed(chosen.file, wish.parameters)
        self._drafting.draft(chosen, wish, owner)

    def submit(
        self, wish: JobWish, owner: str = "", uploaded: Manifest | None = None, *, run_id: str | None = None
    ) -> Job:
        """One job. Where an equal one has its result, this one has it at once, and says from whom. Who may be asked
        twice for the same job gives it its id."""
        chosen = self._drafting.choose(wish.program, wish.command)
        self._drafting.check_experiment(chosen.file, wish.experiment)
        self._drafting.check_jobs("after", wish.after, owner)
        self._drafting.check_jobs("inputs", jobs_in(wish.inputs), owner)
        parameters = completed(chosen.file, wish.parameters)
        manifest, late = self.gathering.gather(wish.inputs, wish.experiment, uploaded)
        if not late:
            check_inputs(chosen.file, manifest)
        draft = self._drafting.draft(chosen, wish, owner, experiment=wish.experiment, late=late, after=wish.after)
        job = draft.job(wish.name or chosen.file.name, parameters, manifest, wish.tags)
        job = replace(job, run_id=run_id or job.run_id)
        [job] = self._found_done([job], draft, force=wish.force)
        self._keep([chosen], [job], [manifest])
        return self._records.jobs.get(job.run_id)

    def sweep(self, wish: SweepWish, owner: str = "", uploaded: Sequence[Manifest] = ()) -> Group:
        """Many jobs of one program. `uploaded` is what was sent, for all of them or one for each."""
        chosen = self._drafting.choose(wish.program)
        self._drafting.check_experiment(chosen.file, wish.experiment)
        self._drafting.check_jobs("after", wish.after, owner)
        self._drafting.check_jobs(
            "inputs", jobs_in([*wish.inputs, *(one for some in wish.fan_out for one in some)]), owner
        )
        cases = [(case, completed(chosen.file, {**wish.parameters, **case})) for case in cases_of(wish)]
        manifests, late = self._manifests(wish, uploaded)
        if not late:
            for manifest in manifests:
                check_inputs(chosen.file, manifest)
        group_id, name = uuid4().hex, wish.name or chosen.file.name
        draft = self._drafting.draft(
            chosen, wish, owner, experiment=wish.experiment, late=late, after=wish.after, group_id=group_id
        )
        new = []
        for number, manifest in enumerate(manifests):
            source = {"input": str(number)} if len(manifests) > 1 else {}
            for case, parameters in cases:
                words = [name, *(f"{key}={said(value)}" for key, value in {**source, **case}.items())]
                job = draft.job(" ".join(words), parameters, manifest, {**wish.tags, **source, **tags_of(case)})
                new.append(job)
        new = self._found_done(new, draft, force=wish.force)
        last = self._reducer(wish, owner, name, group_id, new)
        self._records.groups.add(
            group_id,
            name=name,
            program=chosen.file.name,
            owner=owner,
            total=len(new),
            cpu_hours=wish.limit.cpu_hours,
            gpu_hours=wish.limit.gpu_hours,
            reduce_id=last[1].run_id if last else None,
        )
        if last:
            self._keep([chosen, last[0]], [*new, last[1]], manifests)
        else:
            self._keep([chosen], new, manifests)
        return self._records.groups.get(group_id)

    def again(self, jobs: Sequence[Job]) -> list[Job]:
        """The same jobs once more, whatever the first ones came to."""
        for group_id in {job.group_id for job in jobs if job.group_id}:
            self._check_budget(group_id)
        new = [self._anew(job) for job in jobs]
        if new:
            self._records.jobs.add(new)
            self._send()
        return [self._records.jobs.get(job.run_id) for job in new]

    def retry_group(self, group: Group) -> int:
        """Run those of its jobs again that failed or were killed, in their places; how many these are. What summed the
        group up does so again."""
        ended = (State.FAILED, State.KILLED, State.EXPIRED)
        failed = [self._records.jobs.get(run_id) for run_id in self._records.groups.members(group.group_id, ended)]
        again = self.again(failed)
        for job in failed:
            self._records.jobs.delete(job.run_id)
        reducer = self._records.jobs.get(group.reduce_id) if group.reduce_id else None
        if again and reducer is not None and reducer.state.terminal:
            last = replace(self._anew(reducer), needs=self._records.groups.members(group.group_id))
            self._records.jobs.add([last])
            self._records.groups.reduced_by(group.group_id, last.run_id)
            self._records.jobs.delete(reducer.run_id)
        self._records.groups.recounted(group.group_id)
        self._send()
        return len(again)

    def _anew(self, job: Job) -> NewJob:
        return NewJob(
            run_id=str(uuid4()),
            key=key_of(job.version, job.input_hash, job.parameters, tuple(job.spec["command"])),
            tags={**job.tags, "retryOf": job.run_id},
            needs=self._records.jobs.needs(job.run_id),
            **{name: getattr(job, name) for name in SAME},
        )

    def _manifests(self, wish: SweepWish, uploaded: Sequence[Manifest]) -> tuple[list[Manifest], list[Any]]:
        """What each input of the sweep is: what is common to all, and what only it has."""
        apart = list(uploaded) if wish.fan_out_files else []
        common, late = self.gathering.gather(wish.inputs, wish.experiment, None if apart else _together(uploaded))
        for number, sources in enumerate(wish.fan_out):
            manifest, later = self.gathering.gather(sources, None, None)
            if later:
                raise InputUnfit(field=f"fanOut.{number}", reason="the job it comes from has not ended yet")
            apart.append(manifest)
        if wish.fan_out_files and not apart:
            raise InputUnfit(field="files", reason="each file is to be the input of a job, and none was sent")
        return [common.merged(one) for one in apart] or [common], late

    def _reducer(
        self, wish: SweepWish, owner: str, name: str, group_id: str, members: Sequence[NewJob]
    ) -> tuple[Chosen, NewJob] | None:
        if wish.reduce is None:
            return None
        chosen = self._drafting.choose(wish.reduce.program)
        parameters = completed(chosen.file, wish.reduce.parameters)
        needs = [job.run_id for job in members]
        draft = self._drafting.draft(
            chosen, Resources(priority=wish.priority), owner, after=needs, reads_group=group_id
        )
        tags = {**wish.tags, "reduces": group_id}
        return chosen, draft.job(f"{name}: {chosen.file.name}", parameters, Manifest(()), tags)

    def _found_done(self, new: list[NewJob], draft: Draft, *, force: bool) -> list[NewJob]:
        """The jobs as they are where equal ones have done their work; what waits for others is not known yet."""
        if force or draft.needs or draft.spec.returns:
            return new
        equal = self._records.jobs.equal([job.key for job in new], draft.owner)
        return [_done_by(job, equal[job.key]) if job.key in equal else job for job in new]

    def _keep(self, chosen: Iterable[Chosen], jobs: Sequence[NewJob], manifests: Iterable[Manifest]) -> None:
        """First what the jobs need, then the jobs, then their messages."""
        for one in chosen:
            if one.program is not None:
                packing.keep(one.program, self._store)
        self._records.jobs.add(jobs, [(one.hash, rows_of(one)) for one in manifests if one.entries])
        self._send()

    def _send(self) -> None:
        """What is in the record is accepted: should its queue be away, a runner sends it later."""
        try:
            self.dispatch.send_ready()
        except TransientError as error:
            log.warning("jobs wait to be sent: %s", error)

    def _check_budget(self, group_id: str) -> None:
        group, used = self._records.groups.get(group_id), self._records.groups.used(group_id)
        for unit, limit, hours in (("CPU", group.cpu_hours, used.cpu_hours), ("GPU", group.gpu_hours, used.gpu_hours)):
            if limit is not None and hours >= limit:
                raise BudgetSpent(group=group.name, field="limit", limit=limit, unit=unit, used=hours)


def _done_by(job: NewJob, equal: Job) -> NewJob:
    return replace(job, cached_from=equal.cached_from or equal.run_id, findings=equal.findings)


def _together(manifests: Sequence[Manifest]) -> Manifest | None:
    whole: Manifest | None = None
    for manifest in manifests:
        whole = manifest if whole is None else whole.merged(manifest)
    return whole
