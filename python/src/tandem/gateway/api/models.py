"""What the API says, as its document describes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tandem.records.base import Progress, Run
from tandem.states import State

Item = TypeVar("Item")


class Told(BaseModel):
    """Names are in camelCase, as in the contract."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Page(Told, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    total: int = Field(description="how many there are in all")
    offset: int
    limit: int


class ProgressTold(Told):
    """How far a task is: words, and the step out of so many where that is known."""

    message: str
    step: int | None
    total: int | None


class Task(Told):
    """One request and where it stands."""

    id: str
    experiment: str
    task: str
    etag: str
    state: State
    attempt: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    reason: str | None
    kill_requested: bool
    progress: ProgressTold | None = None
    expected_seconds: float | None = Field(None, description="how long such a task took before, in the median")


class AttemptTold(Told):
    """One try to carry out a task."""

    attempt: int
    started_at: datetime
    ended_at: datetime | None
    reason: str | None
    host: str


class TaskInFull(Task):
    """One request with all that is known of it."""

    request: Mapping[str, Any] | None = Field(description="the message, without its secrets")
    attempts: list[AttemptTold]


def task_of(run: Run, progress: Progress | None = None, expected_seconds: float | None = None) -> Task:
    """A run as the API tells of it."""
    told = ProgressTold(message=progress.message, step=progress.step, total=progress.total) if progress else None
    return Task(
        id=run.run_id,
        experiment=run.experiment,
        task=run.task,
        etag=run.etag,
        state=run.state,
        attempt=run.attempt,
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        error_code=run.error_code,
        reason=run.reason,
        kill_requested=run.kill_requested,
        progress=told,
        expected_seconds=expected_seconds,
    )
