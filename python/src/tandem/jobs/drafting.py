"""Jobs as they will stand in the record: what is chosen, whether it fits, and how it is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from typing import Any
from uuid import uuid4

from tandem.errors import CommandsNotAllowed, InputUnfit, JobRefused, LimitsImpossible, ProgramUnsound, RunUnknown
from tandem.jobs.inputs.manifest import Manifest
from tandem.jobs.naming import key_of
from tandem.jobs.programs.command import unknown_placeholders
from tandem.jobs.programs.library import Library, Program
from tandem.jobs.programs.toml import ProgramFile
from tandem.jobs.spec import Late, Spec, check_possible, file_of_command
from tandem.jobs.wishes import Resources
from tandem.records.bundle import Records
from tandem.records.jobs import NewJob
from tandem.settings import Settings

#: The longest name of a job, in characters.
LONGEST_NAME = 200


@dataclass(frozen=True)
class Chosen:
    """What is to be run: a program of the library, or a command of one's own."""

    file: ProgramFile
    program: Program | None = None

    @property
    def version(self) -> str:
        """The hash of its files; a command is its own version."""
        return self.program.hash if self.program else ""


@dataclass(frozen=True)
class Draft:
    """What all jobs of one wish have in common."""

    chosen: Chosen
    spec: Spec
    queue: str
    wish: Resources
    owner: str
    needs: Sequence[str] = ()
    group_id: str | None = None

    @cached_property
    def _promised(self) -> Mapping[str, Any]:
        """The spec as it goes into the record: written out once, however many jobs there are."""
        return self.spec.model_dump(mode="json")

    def job(self, name: str, parameters: Mapping[str, Any], manifest: Manifest, tags: Mapping[str, str]) -> NewJob:
        """One of them."""
        input_hash = manifest.hash if manifest.entries else None
        return NewJob(
            run_id=str(uuid4()),
            key=key_of(self.chosen.version, input_hash, parameters, tuple(self.spec.command)),
            name=name[:LONGEST_NAME],
            program=self.chosen.file.name,
            version=self.chosen.version,
            queue=self.queue,
            priority=self.wish.priority,
            owner=self.owner,
            parameters=parameters,
            spec=self._promised,
            tags=tags,
            group_id=self.group_id,
            input_hash=input_hash,
            needs=self.needs,
        )


class Drafting:
    """Chooses and checks."""

    def __init__(self, settings: Settings, records: Records, library: Library) -> None:
        self._settings, self._records, self._library = settings, records, library

    def choose(self, program: str | None, command: Sequence[str] | None = None) -> Chosen:
        """The program of that name, or the command where such are allowed."""
        if program is not None:
            found = self._library.load(program)
            return _checked(Chosen(found.file, found))
        if not self._settings.commands_allowed:
            raise CommandsNotAllowed
        return _checked(Chosen(file_of_command(command or ())))

    def draft(
        self,
        chosen: Chosen,
        wish: Resources,
        owner: str,
        *,
        experiment: str | None = None,
        late: Sequence[Late] = (),
        after: Sequence[str] = (),
        group_id: str | None = None,
        reads_group: str | None = None,
    ) -> Draft:
        """What is promised."""
        program = chosen.program
        spec = Spec.of(
            chosen.file,
            wish,
            experiment=experiment,
            late=late,
            reads_group=reads_group,
            commit=program.commit if program else None,
            assets=program is not None,
        )
        queue = wish.queue or chosen.file.queue
        needs = list(dict.fromkeys((*after, *(one.job for one in late))))
        return Draft(chosen, spec, queue, wish, owner, needs, group_id)

    def check_limits(self, chosen: Chosen, wish: Resources) -> None:
        """LimitsImpossible where nobody can give what is asked for."""
        file, queue = chosen.file, wish.queue or chosen.file.queue
        if file.max_parallel is not None and queue != file.queue:
            reason = f"of {file.name} only {file.max_parallel} may run at once, so all wait in the queue {file.queue}"
            raise LimitsImpossible(field="queue", value=queue, reason=reason)
        check_possible(Spec.of(file, wish), queue, self._records.runners.find())

    def check_experiment(self, file: ProgramFile, experiment: str | None) -> None:
        """A program that reads an experiment is given one, and no other is."""
        if file.experiment and experiment is None:
            raise JobRefused(field="experiment", reason=f"{file.name} reads an experiment; say which")
        if experiment is not None and not file.experiment:
            raise JobRefused(field="experiment", reason=f"{file.name} does not read experiments")

    def check_jobs(self, field: str, run_ids: Sequence[str], owner: str) -> None:
        """Only jobs that there are, and whose results one may see, can be waited for or read."""
        for run_id in run_ids:
            try:
                job = self._records.jobs.get(run_id)
            except RunUnknown:
                raise JobRefused(field=field, reason=f"there is no job '{run_id}'") from None
            if owner and job.owner != owner:
                raise JobRefused(field=field, reason=f"there is no job '{run_id}'")


def _checked(chosen: Chosen) -> Chosen:
    """ProgramUnsound for a command that names what there is not."""
    if unknown := unknown_placeholders(chosen.file):
        reason = f"its command names {{{unknown[0]}}}, which is neither a place nor a parameter"
        raise ProgramUnsound(program=chosen.file.name, field="command", reason=reason)
    return chosen


def check_inputs(file: ProgramFile, manifest: Manifest) -> None:
    """InputUnfit where something is missing that the program reads."""
    paths = [entry.path for entry in manifest.entries]
    for wanted in file.inputs.files:
        if not any(fnmatch(path, wanted) for path in paths):
            given = ", ".join(paths[:5]) or "nothing"
            raise InputUnfit(field=wanted, reason=f"{file.name} needs it, and was given: {given}")
