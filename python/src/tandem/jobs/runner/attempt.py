"""One try at a job, in whichever way it is carried out: as a process here, or as a Job of a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Ending, Listener
from tandem.jobs.execution.stop import Stop
from tandem.jobs.runner.findings import Value
from tandem.jobs.runner.results import Result
from tandem.jobs.spec import Spec
from tandem.records.jobs import Job


@dataclass(frozen=True)
class Harvest:
    """What lies in the store of one attempt, and by what it is compared with others."""

    made: list[Result]
    findings: Mapping[str, Value]


class Attempt(Protocol):
    """Everything is ready for it."""

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """What it reads."""

    def execute(self, stop: Stop, listener: Listener) -> Ending:
        """Stay with it to its end; what it says lies in the folder's logs then."""

    def harvest(self, ending: Ending) -> Harvest:
        """See that its results are in the store. The same again changes nothing."""


class Way(Protocol):
    """How attempts are carried out."""

    def prepare(self, job: Job, spec: Spec, folder: RunFolder, gpus: tuple[int, ...], number: int) -> Attempt:
        """Make everything ready. TaskError where something of it cannot be had any more."""

    def outlives(self, job: Job) -> bool:
        """Whether the attempt that the record knows of goes on although its runner has died."""

    def clear(self, job: Job) -> None:
        """See that nothing of a job is left that has ended."""
