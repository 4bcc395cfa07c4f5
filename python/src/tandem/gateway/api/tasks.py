"""Tasks: what was asked for, where it stands, its result."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from tandem.errors import ObjectMissing, RunUnknown
from tandem.gateway.api.models import AttemptTold, Page, Task, TaskInFull, task_of
from tandem.gateway.api.results import AcceptEncoding, name_of_file, stream_result
from tandem.gateway.imports import IMPORT
from tandem.gateway.parts import Parts, World
from tandem.gateway.submitting import ask
from tandem.records.base import Run, Wanted
from tandem.states import State
from tandem.tasks.catalogue import CATALOGUE, changes_cell_sets
from tandem.tasks.request import Time, parse
from tandem.tasks.submission import TIMEOUT_S, Wish, props_of

router = APIRouter(prefix="/tasks", tags=["tasks"])

#: Nobody waits longer for a task that is run again.
LONGEST = timedelta(days=7)
#: PostgreSQL takes every other character.
NUL = "\x00"

Text = Annotated[str, Query(max_length=200, pattern=f"^[^{NUL}]*$")]


@router.get("")
def tasks(
    parts: World,
    experiment: Text | None = None,
    task: Text | None = None,
    state: Annotated[list[State], Query()] = [],  # noqa: B006  # FastAPI copies it
    since: Annotated[Time | None, Query(description="only tasks that were asked for from then on")] = None,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Page[Task]:
    """Tasks, newest first."""
    wanted = Wanted(experiment=experiment, task=task, states=state, queued_since=since)
    runs = parts.record.find(wanted, limit=limit, offset=offset)
    return Page(items=told(parts, runs), total=parts.record.count(wanted), offset=offset, limit=limit)


@router.get("/{id}")
def task(id: str, parts: World) -> TaskInFull:  # noqa: A002
    """One task with all that is known of it."""
    run = _run(parts, id)
    [short] = told(parts, [run])
    tries = [AttemptTold.model_validate(vars(one)) for one in parts.record.attempts(run.run_id)]
    return TaskInFull(**short.model_dump(), request=parts.record.request(run.run_id), attempts=tries)


@router.get("/{id}/result", response_class=StreamingResponse)
def result(id: str, parts: World, accept_encoding: AcceptEncoding = "") -> StreamingResponse:  # noqa: A002
    """What a task has found."""
    run = _run(parts, id)
    if run.state is not State.COMPLETE:
        raise HTTPException(409, f"The task is {run.state}, so it has no result.")
    if run.task == IMPORT:
        raise HTTPException(409, f"An import has no result to keep: what it makes is the experiment {run.experiment}.")
    if changes_cell_sets(run.task):
        raise HTTPException(409, f"{run.task} has no result to keep: what it found is in the cell sets.")
    try:
        return stream_result(parts, run.etag, accept_encoding, name_of_file(run.task, run.experiment))
    except ObjectMissing as error:
        raise HTTPException(410, "The result is not kept any more. Run the task again to have it.") from error


@router.delete("/{id}", status_code=202)
def cancel(id: str, parts: World) -> Task:  # noqa: A002
    """Stop a task that waits or runs."""
    before = _run(parts, id)
    run = parts.record.request_kill(before.run_id)
    if before.state.terminal or (run.state.terminal and run.state is not State.KILLED):
        raise HTTPException(409, f"The task has ended already: it is {run.state}.")
    parts.live.look()
    return told(parts, [run])[0]


@router.post("/{id}/again", status_code=202)
def again(
    id: str,  # noqa: A002
    parts: World,
    request: Request,
    response: Response,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Task:
    """Ask once more for the same, and have it computed anew."""
    run = _run(parts, id)
    if run.task == IMPORT:
        raise HTTPException(409, "An import cannot be run again: its files are not kept. Send them once more.")
    sent = parts.record.request(run.run_id)
    if sent is None or run.task not in CATALOGUE:
        raise HTTPException(409, f"{run.task or 'The task'} cannot be run again: what was asked for is not known.")
    asked = ask(parts, _anew(run, sent, authorization), str(request.base_url), may_compute=True)
    assert asked.run is not None  # noqa: S101  # nothing has the name of a fresh result
    response.headers["Location"] = f"/tasks/{asked.run.run_id}"
    return told(parts, [asked.run])[0]


def told(parts: Parts, runs: Sequence[Run]) -> list[Task]:
    """Runs as the API tells of them."""
    progress = parts.record.progress([run.run_id for run in runs])
    return [task_of(run, progress.get(run.run_id), parts.expectations.of(run)) for run in runs]


def _run(parts: Parts, run_id: str) -> Run:
    """A task; jobs are runs too, but whose they are is looked at under /jobs alone."""
    run = parts.record.get(run_id.replace(NUL, ""))
    if run.kind != "task":
        raise RunUnknown(run_id=run_id)
    return run


def _anew(run: Run, sent: Mapping[str, Any], authorization: str | None) -> Wish:
    """The same wish, with a name of its own, by somebody who waits as long as the first one did at least."""
    waited = parse(dict(sent)).timeout - run.queued_at
    timeout = datetime.now(UTC) + min(max(waited, timedelta(seconds=TIMEOUT_S)), LONGEST)
    props = {**sent.get("requestProps", {}), "cacheUniquenessKey": props_of(fresh=True)["cacheUniquenessKey"]}
    return Wish(run.experiment, sent["body"], timeout, props, authorization)
