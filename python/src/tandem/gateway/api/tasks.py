"""Tasks: what was asked for, where it stands, its result."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse

from tandem.gateway.api.models import AttemptTold, Page, Task, TaskInFull, task_of
from tandem.gateway.api.results import stream_result
from tandem.gateway.parts import World
from tandem.records.base import Wanted
from tandem.states import State

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get("")
def tasks(
    parts: World,
    experiment: str | None = None,
    task: str | None = None,
    state: Annotated[list[State], Query()] = [],  # noqa: B006  # FastAPI copies it
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Page[Task]:
    """Tasks, newest first."""
    wanted = Wanted(experiment=experiment, task=task, states=state)
    runs = parts.record.find(wanted, limit=limit, offset=offset)
    progress = parts.record.progress([run.run_id for run in runs if run.state is State.RUNNING])
    items = [task_of(run, progress.get(run.run_id)) for run in runs]
    return Page(items=items, total=parts.record.count(wanted), offset=offset, limit=limit)


@router.get("/{id}")
def task(id: str, parts: World) -> TaskInFull:  # noqa: A002
    """One task with all that is known of it."""
    run = parts.record.get(id)
    told = task_of(run, parts.record.progress([id]).get(id))
    tries = [AttemptTold.model_validate(vars(one)) for one in parts.record.attempts(id)]
    return TaskInFull(**told.model_dump(), request=parts.record.request(id), attempts=tries)


@router.get("/{id}/result")
def result(id: str, parts: World) -> StreamingResponse:  # noqa: A002
    """What a task has found."""
    run = parts.record.get(id)
    if run.state is not State.COMPLETE:
        raise HTTPException(409, f"The task is {run.state}, so it has no result.")
    return stream_result(parts, run.etag)


@router.delete("/{id}", status_code=202)
def cancel(id: str, parts: World) -> Task:  # noqa: A002
    """Stop a task that waits or runs."""
    run = parts.record.request_kill(id)
    if run.state.terminal:
        raise HTTPException(409, f"The task has ended already: it is {run.state}.")
    parts.live.look()
    return task_of(run)
