"""Sweeps and the groups they make: counts, tables, time lines, and what is done to all jobs at once."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from io import StringIO
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from tandem.gateway.api.job_models import Feed, GroupInFull, GroupTold, group_in_full, groups_told
from tandem.gateway.api.models import Told
from tandem.gateway.attachment import saved_as
from tandem.gateway.job_forms import Sent, received, wish_in
from tandem.gateway.job_removal import remove_jobs
from tandem.gateway.owners import group_for, owner_of, sees_only
from tandem.gateway.parts import Parts, World
from tandem.jobs.wishes import SweepWish
from tandem.records.groups import Group
from tandem.records.jobs import Job, JobsWanted
from tandem.states import OPEN, State

router = APIRouter(tags=["groups"])

#: So many jobs are read at once.
AT_ONCE = 1000
FORM = {
    "type": "object",
    "required": ["sweep"],
    "properties": {
        "sweep": {"type": "string", "description": "the same object as in JSON"},
        "files": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "inputs of each job; with fanOutFiles each file or folder is the input of a job",
        },
        "archive": {"type": "string", "format": "binary", "description": "a zip or tar whose files are inputs"},
        "cases_file": {"type": "string", "format": "binary", "description": "cases as CSV, TSV or YAML"},
    },
}


class SweepAccepted(Told):
    """A group that was taken."""

    id: str
    message: str
    group: GroupTold


class BarTold(Told):
    """One job on the time line."""

    id: str
    name: str
    state: State
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    slot: int | None


class Timeline(Told):
    """When each job waited and ran; jobs of one slot follow each other."""

    items: list[BarTold]


class Table(Told):
    """Parameters and findings of all jobs: a row each."""

    columns: list[str]
    rows: list[list[Any]]


class Done(Told):
    """To how many jobs something was done."""

    jobs: int


@router.post(
    "/sweeps",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/SweepWish"}},
                "multipart/form-data": {"schema": FORM},
            },
        }
    },
)
async def sweep(request: Request, response: Response, parts: World) -> SweepAccepted:
    """Hand in many jobs of one program."""
    async with received(request, parts) as sent:
        group = await run_in_threadpool(_sweep, parts, sent, owner_of(request))
    response.headers["Location"] = f"/groups/{group.group_id}"
    [shown] = await run_in_threadpool(groups_told, parts.records, [group])
    return SweepAccepted(id=group.group_id, message=f"OK: {group.total:,} jobs.", group=shown)


@router.get("/groups")
def groups(
    request: Request,
    parts: World,
    cursor: Annotated[int | None, Query(ge=1, le=10**12)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Feed[GroupTold]:
    """Groups, newest first."""
    only = sees_only(request)
    found = parts.records.groups.find(only, limit=limit, before=cursor)
    further = str(found[-1].number) if len(found) == limit else None
    return Feed(items=groups_told(parts.records, found), total=parts.records.groups.count(only), cursor=further)


@router.get("/groups/{id}")
def group(id: str, request: Request, parts: World) -> GroupInFull:  # noqa: A002
    """One group: how its jobs stand, and what they have used."""
    return group_in_full(parts.records, group_for(request, parts, id))


@router.post("/groups/{id}/kill", status_code=HTTPStatus.ACCEPTED)
def kill(id: str, request: Request, parts: World) -> Done:  # noqa: A002
    """Stop all of its jobs that have not ended."""
    found = group_for(request, parts, id)
    members = [*parts.records.groups.members(found.group_id, OPEN), *_open_sum(parts, found)]
    parts.records.runs.request_kills(members)
    parts.desk.dispatch.send_ready()  # what waited for them, waits in vain
    return Done(jobs=len(members))


@router.post("/groups/{id}/retry", status_code=HTTPStatus.ACCEPTED)
def retry(id: str, request: Request, parts: World) -> Done:  # noqa: A002
    """Run those again that failed or were killed; the new ones take their places."""
    found = group_for(request, parts, id)
    ended = parts.records.groups.members(found.group_id, (State.FAILED, State.KILLED, State.EXPIRED))
    new = parts.desk.again(parts.records.jobs.all(ended))
    return Done(jobs=sum(job.group_id is not None for job in new))


@router.delete("/groups/{id}", status_code=HTTPStatus.NO_CONTENT)
def delete(id: str, request: Request, parts: World) -> None:  # noqa: A002
    """Remove a group with all its jobs, their logs and results."""
    found = group_for(request, parts, id)
    if parts.records.groups.members(found.group_id, OPEN) or _open_sum(parts, found):
        raise HTTPException(HTTPStatus.CONFLICT, "Jobs of the group have not ended yet. Kill them first.")
    remove_jobs(list(_members(parts, found)), parts.records, parts.job_store)
    parts.records.groups.delete(found.group_id)


@router.get("/groups/{id}/table", response_model=Table, responses={200: {"content": {"text/csv": {}}}})
def table(
    id: str,  # noqa: A002
    request: Request,
    parts: World,
    format: Literal["json", "csv"] = "json",  # noqa: A002
) -> Response | Table:
    """Parameters and findings of all its jobs."""
    found = group_for(request, parts, id)
    members = sorted(_members(parts, found), key=lambda job: job.number)
    told = _table(members)
    if format == "json":
        return told
    name = f"{found.group_id[:8]}.csv"
    return StreamingResponse(_csv(told), headers=saved_as(name), media_type="text/csv; charset=utf-8")


@router.get("/groups/{id}/timeline")
def timeline(id: str, request: Request, parts: World) -> Timeline:  # noqa: A002
    """When each of its jobs waited and ran."""
    bars = parts.records.groups.timeline(group_for(request, parts, id).group_id)
    slots: list[datetime] = []
    items = []
    for bar in sorted(bars, key=lambda bar: bar.started_at or datetime.max.replace(tzinfo=bar.queued_at.tzinfo)):
        slot = None
        if bar.started_at is not None:
            end = bar.finished_at or datetime.max.replace(tzinfo=bar.started_at.tzinfo)
            slot = next((number for number, free_at in enumerate(slots) if free_at <= bar.started_at), len(slots))
            slots[slot : slot + 1] = [end]
        items.append(BarTold(id=bar.run_id, slot=slot, **{k: v for k, v in vars(bar).items() if k != "run_id"}))
    return Timeline(items=items)


def _sweep(parts: Parts, sent: Sent, owner: str) -> Group:
    more = {} if sent.cases is None else {"cases": sent.cases}
    wish = wish_in(sent, "sweep", SweepWish, **more)
    uploaded = [*sent.apart] if wish.fan_out_files else [sent.files]
    if sent.archive is not None:
        uploaded.append(sent.archive)
    return parts.desk.sweep(wish, owner, [manifest for manifest in uploaded if manifest.entries])


def _open_sum(parts: Parts, found: Group) -> list[str]:
    """The job that sums it up, as long as that has not ended."""
    known = parts.records.jobs.all([found.reduce_id] if found.reduce_id else [])
    return [job.run_id for job in known if not job.state.terminal]


def _members(parts: Parts, found: Group) -> Iterator[Job]:
    before: int | None = None
    while members := parts.records.jobs.find(JobsWanted(group_id=found.group_id), limit=AT_ONCE, before=before):
        yield from members
        before = members[-1].number


def _table(members: list[Job]) -> Table:
    parameters = list(dict.fromkeys(name for job in members for name in job.parameters))
    findings = list(dict.fromkeys(name for job in members for name in job.findings or {}))
    rows = [
        [
            *(job.run_id, job.name, job.state),
            *(job.parameters.get(name) for name in parameters),
            *((job.findings or {}).get(name) for name in findings),
        ]
        for job in members
    ]
    return Table(columns=["id", "name", "state", *parameters, *findings], rows=rows)


def _csv(told: Table) -> Iterator[str]:
    for row in (told.columns, *told.rows):
        line = StringIO()
        csv.writer(line).writerow(map(_plain, row))
        yield line.getvalue()


def _plain(value: Any) -> Any:
    """A value as other programs read it: true rather than True, lists as JSON."""
    return json.dumps(value) if isinstance(value, bool | list | dict) else value
