"""Before a program is started: its files, its inputs and its configuration are laid out."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tandem.errors import InputGone, InputUnfit, RunUnknown
from tandem.jobs.arrangement import arrange
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Launch
from tandem.jobs.gathering import Gathering, manifest_of, rows_of
from tandem.jobs.inputs.manifest import Manifest
from tandem.jobs.programs import packing
from tandem.jobs.spec import Late, Spec
from tandem.records.bundle import Records
from tandem.records.jobs import Job
from tandem.states import State
from tandem.stores import Store

#: The results of so many jobs are looked for at once.
GATHERED_AT_ONCE = 8


class Preparation:
    """Lays out what one attempt needs."""

    def __init__(
        self, records: Records, store: Store, gathering: Gathering, programs: Path, hidden: tuple[Path, ...]
    ) -> None:
        self._records, self._store, self._gathering, self._hidden = records, store, gathering, hidden
        #: Where the files of programs are unpacked, for as many jobs as need them.
        self._programs = programs

    def prepare(
        self, job: Job, spec: Spec, folder: RunFolder, gpus: tuple[int, ...], attempt: int
    ) -> tuple[Launch, list[dict[str, Any]]]:
        """What is to be executed, and what it reads. TaskError where something of it cannot be had any more."""
        assets = packing.fetch(self._store, job.program, job.version, self._programs) if spec.assets else None
        manifest = self.manifest(job, spec)
        launch = arrange(
            job.run_id,
            spec,
            job.parameters,
            manifest,
            blobs=self._gathering.blobs,
            folder=folder,
            assets=assets,
            gpus=gpus,
            attempt=attempt,
            hidden=self._hidden,
        )
        return launch, rows_of(manifest)

    def manifest(self, job: Job, spec: Spec) -> Manifest:
        """What was given with the job, and what the jobs before it have left."""
        manifest = manifest_of(self._records.jobs.entries(job.input_hash))
        late = list(spec.late)
        if spec.reads_group is not None:
            members = self._records.groups.members(spec.reads_group, (State.COMPLETE,))
            late += [Late(job=run_id, to=f"{run_id}/") for run_id in members]
        if not late:
            return manifest
        try:
            with ThreadPoolExecutor(GATHERED_AT_ONCE) as pool:
                return Manifest.together((manifest, *pool.map(self._gathering.late, late)))
        except (InputUnfit, RunUnknown) as error:
            raise InputGone(reason=str(error)) from error
