"""Attempts as processes of this machine, which end with their runner."""

from dataclasses import dataclass
from typing import Any

from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Ending, Launch, Listener, execute
from tandem.jobs.execution.stop import Stop
from tandem.jobs.runner import results
from tandem.jobs.runner.attempt import Harvest
from tandem.jobs.runner.findings import findings_in
from tandem.jobs.runner.preparation import Preparation
from tandem.jobs.spec import Spec
from tandem.records.job import folder_of
from tandem.records.jobs import Job
from tandem.stores import Store


@dataclass(frozen=True)
class ProcessAttempt:
    """One try, laid out in its folder."""

    launch: Launch
    inputs: list[dict[str, Any]]
    prefix: str
    store: Store

    def execute(self, stop: Stop, listener: Listener) -> Ending:
        """As attempt.py says."""
        return execute(self.launch, stop, listener)

    def harvest(self, _ending: Ending) -> Harvest:
        """As attempt.py says."""
        folder = self.launch.folder.results
        return Harvest(results.upload(folder, self.prefix, self.store), findings_in(folder))


class Processes:
    """The way that needs nothing but this machine."""

    def __init__(self, preparation: Preparation, store: Store) -> None:
        self._preparation, self._store = preparation, store

    def prepare(self, job: Job, spec: Spec, folder: RunFolder, gpus: tuple[int, ...], number: int) -> ProcessAttempt:
        """As attempt.py says."""
        launch, inputs = self._preparation.prepare(job, spec, folder, gpus, number)
        return ProcessAttempt(launch, inputs, folder_of(job.run_id), self._store)

    def outlives(self, _job: Job) -> bool:
        """Nothing does."""
        return False

    def clear(self, _job: Job) -> None:
        """There is nothing left."""
