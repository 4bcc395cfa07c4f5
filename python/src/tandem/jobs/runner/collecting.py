"""After a program has ended: what it said and made goes where others find it."""

from dataclasses import dataclass
from typing import Any

from tandem.errors import StoreUnavailable, TaskError
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Ending
from tandem.jobs.runner import results
from tandem.jobs.runner.attempt import Attempt
from tandem.jobs.runner.provenance import provenance_of
from tandem.jobs.runner.verdict import fault_of
from tandem.jobs.spec import Spec
from tandem.records.job import PROVENANCE, folder_of
from tandem.records.jobs import Facts, Job
from tandem.stores import Store


@dataclass(frozen=True)
class Collected:
    """What there is of one attempt: its results, what was measured, and why it is a failure if it is one."""

    made: list[results.Result]
    facts: Facts
    fault: TaskError | None


class Collecting:
    """Puts into the store what one attempt has left. The same again changes nothing."""

    def __init__(self, store: Store, folder: RunFolder, job: Job, spec: Spec, number: int, attempt: Attempt) -> None:
        self._store, self._folder, self._job, self._spec = store, folder, job, spec
        self._number, self._attempt, self._prefix = number, attempt, folder_of(job.run_id)

    def all(self, ending: Ending) -> Collected:
        """Logs, results and provenance. StoreUnavailable while the store, or our own disk, does not do its part."""
        try:
            self.traces(ending)
            harvest = self._attempt.harvest(ending)
        except OSError as error:
            raise StoreUnavailable(bucket=self._store.bucket, key=self._prefix, reason=error) from error
        made = harvest.made
        fault = fault_of(ending, self._spec, (one.path for one in made))
        facts = facts_of(ending, "collect", result_bytes=sum(one.size for one in made), findings=harvest.findings)
        return Collected(made, facts, fault)

    def traces(self, ending: Ending) -> None:
        """Logs and provenance alone, as of a job that was cancelled."""
        results.upload_logs(self._folder.logs, self._prefix, self._store)
        told = provenance_of(self._job, self._spec, self._number, self._attempt.inputs, ending)
        results.upload_json(told, f"{self._prefix}{PROVENANCE}", self._store)

    def mark(self, collected: Collected) -> None:
        """Say that everything is there."""
        results.mark_complete(collected.made, self._prefix, self._store)


def facts_of(ending: Ending, phase: str, **more: Any) -> Facts:
    """What was measured of an attempt."""
    return Facts(
        phase=phase,
        exit_code=ending.exit_code,
        cpu_s=round(ending.cpu_s, 3) if ending.cpu_s is not None else None,
        wall_s=round((ending.finished_at - ending.started_at).total_seconds(), 3),
        peak_bytes=ending.peak_bytes,
        **more,
    )
