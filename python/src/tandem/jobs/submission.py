"""Where jobs are handed in: checked whole, named, found done already or put into the record, and sent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import fields, replace
from typing import Any
from uuid import uuid4

from tandem.errors import InputUnfit, RunKnown, RunUnknown
from tandem.exchange.request import Places
from tandem.jobs.budget import check_budget
from tandem.jobs.dispatch import Dispatch
from tandem.jobs.drafting import Chosen, Draft, Drafting, check_inputs
from tandem.jobs.gathering import Gathering, jobs_in, rows_of
from tandem.jobs.inputs.manifest import Manifest
from tandem.jobs.naming import key_of
from tandem.jobs.programs import packing
from tandem.jobs.programs.library import Library
from tandem.jobs.programs.parameters import completed
from tandem.jobs.sweeps import cases_of, check_number, said, tags_of
from tandem.jobs.wishes import JobWish, Resources, Source, SweepWish
from tandem.records.bundle import Records
from tandem.records.groups import Group, NewGroup
from tandem.records.jobs import Job, NewJob
from tandem.settings import Settings
from tandem.stores import Store

#: What a job that is run again has of its own, and what it has from the one before it.
OWN = {"run_id", "key", "tags", "needs", "cached_from", "findings", "retry_of"}
SAME = {field.name for field in fields(NewJob)} - OWN


class Desk:
    """Takes wishes from whoever has them. What it refuses leaves nothing behind in the record."""

    def __init__(
        self, settings: Settings, records: Records, store: Store, library: Library, places: Places | None = None
    ) -> None:
        self._records, self._store = records, store
        self._drafting = Drafting(settings, records, library)
        self.gathering = Gathering(settings, records, store, places)
        self.dispatch = Dispatch(settings, records)

    def check_sources(self, wanted: Sequence[Source], owner: str) -> None:
        """Only what one may see can be read."""
        self._drafting.check_jobs("source", jobs_in(wanted), owner)

    def check(self, wish: JobWish, owner: str = "") -> None:
        """Refuse what could not be submitted now, as far as that is known without its inputs."""
        chosen = self._drafting.choose(wish.program, wish.command)
        self._check(chosen, wish, wish.inputs, owner)
        completed(chosen.file, wish.parameters)

    def submit(
        self, wish: JobWish, owner: str = "", uploaded: Manifest | None = None, *, run_id: str | None = None
    ) -> Job:
        """One job. Where an equal one has its result, this one has it at once, and says from whom. Who may be asked
        twice for the same job, or at once with others, gives it its id: then it is the one that is there."""
        chosen = self._drafting.choose(wish.program, wish.command)
        self._check(chosen, wish, wish.inputs, owner)
        parameters = completed(chosen.file, wish.parameters)
        manifest, late = self.gathering.gather(wish.inputs, wish.experiment, uploaded)
        if not late:
            check_inputs(chosen.file, manifest)
        draft = self._drafting.draft(chosen, wish, owner, experiment=wish.experiment, late=late, after=wish.after)
        job = draft.job(wish.name or chosen.file.name, parameters, manifest, wish.tags)
        job = replace(job, run_id=run_id or job.run_id)
        new = self._found_done([job], draft, force=wish.force)
        with suppress(RunKnown) if run_id else nullcontext():
            self._keep([chosen], new, [manifest])
        return self._records.jobs.get(job.run_id)

    def sweep(self, wish: SweepWish, owner: str = "", uploaded: Sequence[Manifest] = ()) -> Group:
        """Many jobs of one program. `uploaded` is what was sent, for all of them or one for each."""
        chosen = self._drafting.choose(wish.program)
        self._check(chosen, wish, [*wish.inputs, *(one for some in wish.fan_out for one in some)], owner)
        cases = [(case, completed(chosen.file, {**wish.parameters, **case})) for case in cases_of(wish)]
        reducing = self._reducing(wish)
        manifests, late = self._manifests(wish, uploaded)
        check_number(len(manifests) * len(cases))
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
                new.append(draft.job(" ".join(words), parameters, manifest, {**wish.tags, **source, **tags_of(case)}))
        new = self._found_done(new, draft, force=wish.force)
        last = self._reducer(*reducing, wish, owner, new) if reducing else None
        group = NewGroup(
            group_id,
            name=name,
            program=chosen.file.name,
            owner=owner,
            cpu_hours=wish.limit.cpu_hours,
            gpu_hours=wish.limit.gpu_hours,
            reduce_id=last.run_id if last else None,
        )
        self._keep([chosen, reducing[0]] if reducing else [chosen], [*new, last] if last else new, manifests, group)
        return self._records.groups.get(group_id)

    def _check(self, chosen: Chosen, wish: JobWish | SweepWish, wanted: Sequence[Source], owner: str) -> None:
        """Refuse what does not fit, before anything is fetched."""
        self._drafting.check_experiment(chosen.file, wish.experiment)
        self._drafting.check_jobs("after", wish.after, owner)
        self._drafting.check_jobs("inputs", jobs_in(wanted), owner)
        self._drafting.check_limits(chosen, wish)

    def again(self, jobs: Sequence[Job]) -> list[Job]:
        """The same jobs once more, whatever the first ones came to. In a group each takes the place of the first one,
        and what sums the group up does so anew."""
        if not jobs:
            return []
        self.dispatch.send_ready()  # what waits for one of them in vain has ended by now
        groups = {job.group_id for job in jobs if job.group_id}
        for group_id in groups:
            check_budget(self._records.groups, group_id)
        known = {job.run_id for job in jobs}
        whole = [*jobs, *(job for job in self._sums_of(groups) if job.run_id not in known)]
        ids = {job.run_id: str(uuid4()) for job in whole}
        needs = self._records.jobs.needs(list(ids))
        self._records.jobs.add([self._anew(job, ids, needs[job.run_id]) for job in whole])
        for job in whole:
            if job.spec.get("reads_group"):
                self._records.groups.reduced_by(job.spec["reads_group"], ids[job.run_id])
        self.dispatch.send_ready()
        return self._records.jobs.all(list(ids.values()))

    def _anew(self, job: Job, ids: Mapping[str, str], needs: Sequence[str]) -> NewJob:
        """A job with a new id, which waits for those that are run again themselves."""
        reads = job.spec.get("reads_group")
        needs = self._records.groups.members(reads) if reads else needs
        return NewJob(
            run_id=ids[job.run_id],
            key=key_of(job.version, job.input_hash, job.parameters, tuple(job.spec["command"])),
            tags={**job.tags, "retryOf": job.run_id},
            needs=[ids.get(needed, needed) for needed in needs],
            retry_of=job.run_id,
            **{name: getattr(job, name) for name in SAME},
        )

    def _sums_of(self, group_ids: Iterable[str]) -> Iterator[Job]:
        """The jobs that have summed groups up, or have tried to."""
        for group_id in group_ids:
            with suppress(RunUnknown):
                run_id = self._records.groups.get(group_id).reduce_id
                if run_id and (job := self._records.jobs.get(run_id)).state.terminal:
                    yield job

    def _manifests(self, wish: SweepWish, uploaded: Sequence[Manifest]) -> tuple[list[Manifest], list[Any]]:
        """What each input of the sweep is: what is common to all, and what only it has."""
        apart = list(uploaded) if wish.fan_out_files else []
        common, late = self.gathering.gather(
            wish.inputs, wish.experiment, None if apart else Manifest.together(uploaded)
        )
        for number, sources in enumerate(wish.fan_out):
            manifest, later = self.gathering.gather(sources, None, None)
            if later:
                raise InputUnfit(field=f"fanOut.{number}", reason="the job it comes from has not ended yet")
            apart.append(manifest)
        if wish.fan_out_files and not apart:
            raise InputUnfit(field="files", reason="each file is to be the input of a job, and none was sent")
        return [common.merged(one) for one in apart] or [common], late

    def _reducing(self, wish: SweepWish) -> tuple[Chosen, dict[str, Any]] | None:
        """What is to sum the jobs up, if it fits."""
        if wish.reduce is None:
            return None
        chosen = self._drafting.choose(wish.reduce.program)
        self._drafting.check_limits(chosen, Resources())
        return chosen, completed(chosen.file, wish.reduce.parameters)

    def _reducer(
        self, chosen: Chosen, parameters: Mapping[str, Any], wish: SweepWish, owner: str, members: Sequence[NewJob]
    ) -> NewJob:
        """The job that reads the results of all members."""
        needs, group_id = [job.run_id for job in members], members[0].group_id
        draft = self._drafting.draft(
            chosen, Resources(priority=wish.priority), owner, after=needs, reads_group=group_id
        )
        name = f"{wish.name or wish.program}: {chosen.file.name}"
        return draft.job(name, parameters, Manifest(()), {**wish.tags, "reduces": group_id or ""})

    def _found_done(self, jobs: Sequence[NewJob], draft: Draft, *, force: bool) -> list[NewJob]:
        """The jobs, those as done of which an equal one has done its work; what waits for others is not known yet."""
        if force or draft.needs or draft.spec.returns:
            return list(jobs)
        equal = self._records.jobs.equal([job.key for job in jobs], draft.owner)
        return [_done_by(job, equal[job.key]) if job.key in equal else job for job in jobs]

    def _keep(
        self,
        chosen: Iterable[Chosen],
        jobs: Sequence[NewJob],
        manifests: Iterable[Manifest],
        group: NewGroup | None = None,
    ) -> None:
        """First what the jobs need, then the jobs, then their messages."""
        for one in chosen:
            if one.program is not None:
                packing.keep(one.program, self._store)
        inputs = [(one.hash, rows_of(one)) for one in manifests if one.entries]
        try:
            self._records.jobs.add(jobs, inputs, group)
        except RunUnknown:  # somebody has deleted an equal job this very moment
            self._records.jobs.add([replace(job, cached_from=None, findings=None) for job in jobs], inputs, group)
        self.dispatch.send_ready()


def _done_by(job: NewJob, equal: Job) -> NewJob:
    return replace(job, cached_from=equal.source_id, findings=equal.findings)
