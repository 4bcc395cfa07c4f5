"""One job: as it is put into the record, and as it is found there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tandem.states import State

Priority = Literal["high", "normal", "low"]
#: How a queue may be called: with what stands around its name in SQS it has 80 signs at most.
QUEUE = r"[a-z0-9][a-z0-9_-]{0,40}"

#: In the folder of a job in the store: its provenance; in its results the file that lists them, written last.
PROVENANCE, COMPLETE = "provenance.json", ".complete"


def folder_of(run_id: str) -> str:
    """Where in the store everything lies that a job has left."""
    return f"runs/{run_id}/"


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
    #: The job whose place in the group it takes.
    retry_of: str | None = None


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
    #: Its place in the order in which jobs have ended.
    ended: int | None
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
    def source_id(self) -> str:
        """Who has done the work: itself, or the equal job before it."""
        return self.cached_from or self.run_id

    @property
    def result_prefix(self) -> str:
        """Where in the store its results lie: its own, or those of the equal job before it."""
        return folder_of(self.source_id)
