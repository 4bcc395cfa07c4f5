"""Batch jobs: handing them in, finding them, ending them, taking them away."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse

from tandem.errors import ObjectMissing
from tandem.gateway.api.job_models import Accepted, JobInFull, Jobs, JobTold, told, told_in_full
from tandem.gateway.api.models import Told
from tandem.gateway.api.tasks import Text
from tandem.gateway.job_forms import Sent, received, wish_in
from tandem.gateway.job_removal import remove_jobs
from tandem.gateway.owners import job_for, owner_of, sees_only
from tandem.gateway.parts import Parts, World
from tandem.gateway.uploads import refuse
from tandem.jobs.inputs.manifest import Manifest
from tandem.jobs.wishes import JobWish
from tandem.records.job import PROVENANCE
from tandem.records.jobs import Job, JobsWanted
from tandem.states import State
from tandem.tasks.request import Time

router = APIRouter(tags=["jobs"])

#: What asks for jobs that belong to no group.
NO_GROUP = "none"
#: Hours of the past in the summary.
HOURS = 24
#: A form that scripts for an earlier system send, in short.
PLAIN_FORM = ("job_name", "model", "zip_url", "config")
FORM = {
    "type": "object",
    "properties": {
        "job": {"type": "string", "description": "the same object as in JSON"},
        "files": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "inputs; names may hold folders",
        },
        "archive": {"type": "string", "format": "binary", "description": "a zip or tar whose files are inputs"},
        "model": {"type": "string", "description": "the program, in the plain form"},
        "job_name": {"type": "string", "description": "the job's name, in the plain form"},
        "zip_file": {"type": "string", "format": "binary", "description": "the inputs, in the plain form"},
        "zip_url": {"type": "string", "description": "where they are, in the plain form"},
        "config": {"type": "string", "description": "parameters as JSON, in the plain form"},
    },
}
Id = Annotated[str, Query(pattern=r"^[0-9a-f-]{8,40}$")]
Limit = Annotated[int, Query(ge=1, le=1000)]


class Hit(Told):
    """A line of a log that holds a text."""

    job: str
    name: str
    stream: str
    seq: int
    at: datetime
    line: str


class Hits(Told):
    """Lines of logs."""

    items: list[Hit]


class Hour(Told):
    """How many jobs ended in an hour, by their state."""

    hour: datetime
    counts: Mapping[State, int]


class Summary(Told):
    """All jobs in a few numbers."""

    counts: Mapping[State, int]
    hours: list[Hour]


class Changes(Told):
    """Jobs that have ended since the last look."""

    items: list[JobTold]
    cursor: int


@router.post(
    "/jobs",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/JobWish"}},
                "multipart/form-data": {"schema": FORM},
            },
        }
    },
)
async def submit(request: Request, response: Response, parts: World) -> Accepted:
    """Hand in a job. Where an equal one has its results, they are this one's at once (200)."""
    async with received(request, parts) as sent:
        job = await run_in_threadpool(_submit, parts, sent, owner_of(request))
    message = "OK: the job waits for its turn."
    if job.cached_from:
        response.status_code = HTTPStatus.OK
        message = f"OK: an equal job, {job.cached_from}, has run before; these are its results."
    response.headers["Location"] = f"/jobs/{job.run_id}"
    [shown] = await run_in_threadpool(told, parts.records, [job])
    return Accepted(id=job.run_id, message=message, job=shown)


@router.get("/jobs", response_model=Jobs)
def jobs(
    request: Request,
    parts: World,
    state: Annotated[list[State], Query()] = [],  # noqa: B006  # FastAPI copies it
    program: Text | None = None,
    group: Annotated[Text | None, Query(description="its id; `none` for jobs of no group")] = None,
    owner: Text | None = None,
    tag: Annotated[list[Text], Query(description="key=value, as often as wanted")] = [],  # noqa: B006
    since: Annotated[Time | None, Query(description="submitted from then on")] = None,
    until: Annotated[Time | None, Query(description="submitted before")] = None,
    search: Annotated[Text | None, Query(description="a part of the name, or the beginning of the id")] = None,
    cursor: Annotated[int | None, Query(ge=1, le=10**12)] = None,
    limit: Limit = 50,
) -> Response | Jobs:
    """Jobs, newest first. A browser is led to the page."""
    if _is_browser(request):
        return RedirectResponse("/#jobs", HTTPStatus.SEE_OTHER)
    tags = dict(one.partition("=")[::2] for one in tag)
    alone = group == NO_GROUP
    only = sees_only(request) or owner
    wanted = JobsWanted(state, program, None if alone else group, alone, only, tags, since, until, search)
    found = parts.records.jobs.find(wanted, limit=limit, before=cursor)
    items = told(parts.records, found)
    further = str(found[-1].number) if len(found) == limit else None
    return Jobs(items=items, data=items, total=parts.records.jobs.count(wanted), cursor=further)


@router.get("/jobs/changes")
def changes(
    request: Request,
    parts: World,
    after: Annotated[int, Query(ge=0, le=10**12, description="the cursor of the last look")] = 0,
    latest: Annotated[bool, Query(description="only the cursor of now")] = False,
    limit: Limit = 100,
) -> Changes:
    """Jobs that have ended, in the order of their ends: whoever keeps the cursor misses none."""
    if latest:
        return Changes(items=[], cursor=parts.records.jobs.last_ended())
    ended = parts.records.jobs.ended_after(after, limit, sees_only(request))
    return Changes(items=told(parts.records, ended), cursor=(ended[-1].ended or after) if ended else after)


@router.get("/jobs/search")
def search_logs(
    request: Request,
    parts: World,
    text: Annotated[str, Query(min_length=1, max_length=200, pattern="^[^\x00]*$")],
    program: Text | None = None,
    group: Text | None = None,
    limit: Limit = 100,
) -> Hits:
    """Lines of logs that hold a text, of the newest jobs first."""
    found = parts.records.logs.search(text, program=program, group_id=group, owner=sees_only(request), limit=limit)
    hits = [
        Hit(job=hit.run_id, name=hit.name, stream=hit.line.stream, seq=hit.line.seq, at=hit.line.at, line=hit.line.text)
        for hit in found
    ]
    return Hits(items=hits)


@router.get("/jobs/summary")
def summary(request: Request, parts: World) -> Summary:
    """How many jobs are in each state, and how many ended in each hour of the last day."""
    only, now = sees_only(request), datetime.now(UTC)
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    hours: dict[datetime, dict[State, int]] = {first + timedelta(hours=number): {} for number in range(HOURS)}
    for at, state in parts.records.jobs.ended_since(first, only):
        counts = hours.get(at.replace(minute=0, second=0, microsecond=0))
        if counts is not None:
            counts[state] = counts.get(state, 0) + 1
    counted = parts.records.jobs.by_state(only)
    return Summary(counts=counted, hours=[Hour(hour=hour, counts=counts) for hour, counts in hours.items()])


@router.get("/jobs/{id}", response_model=JobInFull)
def job(id: str, request: Request, parts: World) -> Response | JobInFull:  # noqa: A002
    """One job with all that is known of it. A browser is led to the page."""
    found = job_for(request, parts, id)
    if _is_browser(request):
        return RedirectResponse(f"/#jobs/{found.run_id}", HTTPStatus.SEE_OTHER)
    return told_in_full(parts.records, found, _provenance(parts, found))


@router.post("/jobs/{id}/kill", status_code=HTTPStatus.ACCEPTED)
def kill(id: str, request: Request, parts: World) -> JobTold:  # noqa: A002
    """Stop a job that waits or runs, and everything that it has started."""
    before = job_for(request, parts, id)
    run = parts.records.runs.request_kill(before.run_id)
    if before.state.terminal or (run.state.terminal and run.state is not State.KILLED):
        raise HTTPException(HTTPStatus.CONFLICT, f"The job has ended already: it is {run.state}.")
    parts.desk.dispatch.send_ready()  # what waited for it, waits in vain
    return told(parts.records, [parts.records.jobs.get(before.run_id)])[0]


@router.get("/jobs/{id}/kill", include_in_schema=False)
def kill_by_get(id: str, request: Request, parts: World) -> Response:  # noqa: A002
    """For old scripts, where that is allowed: robots follow links."""
    if not parts.settings.kill_by_get:
        told_why = "A job is killed with POST, because robots follow links. TANDEM_KILL_BY_GET=true allows GET here."
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, told_why, headers={"Allow": "POST"})
    return JSONResponse(kill(id, request, parts).model_dump(mode="json", by_alias=True))


@router.post("/jobs/{id}/retry", status_code=HTTPStatus.ACCEPTED)
def retry(id: str, request: Request, response: Response, parts: World) -> JobTold:  # noqa: A002
    """Run the same once more, as a new job."""
    before = job_for(request, parts, id)
    if not before.state.terminal:
        raise HTTPException(HTTPStatus.CONFLICT, f"The job has not ended yet: it is {before.state}.")
    new = parts.desk.again([before])[0]
    response.headers["Location"] = f"/jobs/{new.run_id}"
    return told(parts.records, [new])[0]


@router.delete("/jobs/{id}", status_code=HTTPStatus.NO_CONTENT)
def delete(id: str, request: Request, parts: World) -> None:  # noqa: A002
    """Remove a job that has ended, with its log and its results."""
    found = job_for(request, parts, id)
    if not found.state.terminal:
        raise HTTPException(HTTPStatus.CONFLICT, f"The job has not ended yet: it is {found.state}. Kill it first.")
    remove_jobs([found], parts.records, parts.job_store)


def _submit(parts: Parts, sent: Sent, owner: str) -> Job:
    if "model" in sent.fields:
        return parts.desk.submit(_plain_wish(sent.fields), owner, _plain_files(parts, sent))
    files = sent.files.merged(sent.archive) if sent.archive else sent.files
    return parts.desk.submit(wish_in(sent, "job", JobWish), owner, files)


def _plain_wish(fields: Mapping[str, str]) -> JobWish:
    """Scripts for an earlier system expect that each job is run."""
    unknown = set(fields) - set(PLAIN_FORM)
    if unknown:
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"There is no field '{min(unknown)[:50]}' in this form.")
    sent = Sent(body={"program": fields["model"], "name": fields.get("job_name") or None, "force": True})
    return wish_in(sent, "", JobWish, parameters=_plain_parameters(fields.get("config", "")))


def _plain_parameters(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError:
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "The field 'config' holds no JSON.")


def _plain_files(parts: Parts, sent: Sent) -> Manifest:
    if sent.archive is not None:
        return sent.files.merged(sent.archive)
    if "zip_url" in sent.fields:
        return sent.files.merged(parts.desk.gathering.unpacked(sent.fields["zip_url"]))
    return sent.files


def _provenance(parts: Parts, found: Job) -> Mapping[str, Any] | None:
    if not found.state.terminal:
        return None
    try:
        with parts.job_store.get(f"{found.result_prefix}{PROVENANCE}") as file:
            known: Mapping[str, Any] = json.loads(file.read())
    except ObjectMissing:
        return None
    return known


def _is_browser(request: Request) -> bool:
    """Whether a page is wanted rather than data."""
    accepted = request.headers.get("Accept", "")
    return "text/html" in accepted and "application/json" not in accepted
