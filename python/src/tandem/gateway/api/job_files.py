"""What jobs say and make: logs, live and whole; results, one by one and together."""

import asyncio
import mimetypes
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from tandem.errors import ObjectMissing, RunUnknown
from tandem.gateway.api.job_models import told
from tandem.gateway.api.models import Told
from tandem.gateway.attachment import saved_as
from tandem.gateway.event_stream import KEEP_ALIVE_S, STILL_HERE, event, streamed
from tandem.gateway.job_results import Listed, listed, zipped
from tandem.gateway.owners import job_for
from tandem.gateway.parts import Parts, World
from tandem.gateway.ranges import ranged
from tandem.records.job import COMPLETE, Job
from tandem.records.job_logs import LogLine

router = APIRouter(tags=["jobs"])

#: How often a followed log is looked at, in seconds.
LOOK_S = 0.3
#: Lines that are sent at once.
LINES = 1000
LINE_NUMBER = re.compile(r"[0-9]{1,12}")


class LineTold(Told):
    """One line of a log."""

    seq: int
    stream: Literal["stdout", "stderr"]
    at: datetime
    text: str
    passing: bool


class LogTold(Told):
    """A part of a log."""

    items: list[LineTold]
    cursor: int
    ended: bool


class ResultTold(Told):
    """One file of the results."""

    path: str
    size: int
    sha256: str | None
    type: str


class ResultsTold(Told):
    """The files that a job has made."""

    items: list[ResultTold]
    complete: bool


@router.get("/jobs/{id}/log", response_model=LogTold, responses={200: {"content": {"text/event-stream": {}}}})
def log(
    id: str,  # noqa: A002
    request: Request,
    parts: World,
    stream: Literal["stdout", "stderr", "both"] = "both",
    after: Annotated[int, Query(ge=0, le=10**12)] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = LINES,
    follow: Annotated[bool, Query(description="as server-sent events, `log` for each line, and `end`")] = False,
    last_event_id: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response | LogTold:
    """What a job has said, from a line on; or as it says it."""
    job = job_for(request, parts, id)
    only: Literal["stdout", "stderr"] | None = None if stream == "both" else stream
    if follow:
        # Who was cut off asks as before, and says which line it has heard.
        heard = int(last_event_id) if LINE_NUMBER.fullmatch(last_event_id) else 0
        return streamed(_follow(parts, job, only, max(after, heard)))
    lines = parts.records.logs.read(job.source_id, after=after, stream=only, limit=limit)
    cursor = lines[-1].seq if lines else after
    return LogTold(
        items=[_line(line) for line in lines], cursor=cursor, ended=job.state.terminal and len(lines) < limit
    )


@router.get("/jobs/{id}/log.txt", response_class=PlainTextResponse)
def log_text(
    id: str,  # noqa: A002
    request: Request,
    parts: World,
    stream: Literal["stdout", "stderr", "both"] = "both",
) -> Response:
    """The whole log as text, with the time before each line."""
    job = job_for(request, parts, id)
    if stream != "both" and job.state.terminal:
        key = f"{job.result_prefix}logs/{stream}.txt"
        if (known := parts.job_store.head(key)) is not None:
            return ranged(request, parts.job_store, key, known.size, "text/plain; charset=utf-8")
    only: Literal["stdout", "stderr"] | None = None if stream == "both" else stream
    source = job.source_id
    lines = parts.records.logs.read(source, stream=only, limit=10**6)
    text = "".join(f"{line.at:%Y-%m-%dT%H:%M:%S}.{line.at.microsecond // 1000:03}Z {line.text}\n" for line in lines)
    return PlainTextResponse(text)


@router.get("/jobs/{id}/results")
def results(id: str, request: Request, parts: World) -> ResultsTold:  # noqa: A002
    """The files that a job has made."""
    found, complete = listed(parts.job_store, job_for(request, parts, id))
    return ResultsTold(items=[_result(one) for one in found], complete=complete)


@router.get("/jobs/{id}/results/{path:path}", response_class=StreamingResponse)
def result(
    id: str,  # noqa: A002
    path: str,
    request: Request,
    parts: World,
    download: Annotated[bool, Query(description="to be saved rather than shown")] = False,
) -> Response:
    """One of the files, or a range of its bytes."""
    job = job_for(request, parts, id)
    if path == COMPLETE:
        size = getattr(parts.job_store.head(f"{job.result_prefix}results/{path}"), "size", 0)
        found = [Listed(path, size, None)] if size else []
    else:
        found = [one for one in listed(parts.job_store, job)[0] if one.path == path]
    if not found:
        raise ObjectMissing(key=path[:200], bucket=f"the results of job {job.run_id}")
    headers = saved_as(path.rpartition("/")[2]) if download else None
    key = f"{job.result_prefix}results/{path}"
    return ranged(request, parts.job_store, key, found[0].size, _type(path), headers)


@router.get("/jobs/{id}/output.zip", response_class=StreamingResponse)
def output(id: str, request: Request, parts: World) -> StreamingResponse:  # noqa: A002
    """All files that a job has made, in one archive."""
    job = job_for(request, parts, id)
    found, _ = listed(parts.job_store, job)
    prefix = f"{job.result_prefix}results/"
    return StreamingResponse(
        zipped(parts.job_store, [(one.path, f"{prefix}{one.path}", one.size) for one in found]),
        headers=saved_as(f"{job.run_id[:8]}.zip"),
        media_type="application/zip",
    )


async def _follow(parts: Parts, job: Job, only: Literal["stdout", "stderr"] | None, after: int) -> AsyncIterator[str]:
    """Each line as it is said; at the end the job, unless it is deleted, or the gateway ends, meanwhile."""
    logs, jobs = parts.records.logs, parts.records.jobs
    source, quiet_s = job.source_id, 0.0
    while not parts.live.over:
        try:
            now = await asyncio.to_thread(jobs.get, job.run_id)
        except RunUnknown:
            return
        lines = await asyncio.to_thread(logs.read, source, after=after, stream=only, limit=LINES)
        for line in lines:
            yield event("log", _line(line).model_dump_json(by_alias=True), line.seq)
        if lines:
            after, quiet_s = lines[-1].seq, 0.0
        elif now.state.terminal:
            [shown] = await asyncio.to_thread(told, parts.records, [now])
            yield event("end", shown.model_dump_json(by_alias=True))
            return
        elif quiet_s >= KEEP_ALIVE_S:
            quiet_s = 0.0
            yield STILL_HERE
        if len(lines) < LINES:
            await asyncio.sleep(LOOK_S)
            quiet_s += LOOK_S


def _line(line: LogLine) -> LineTold:
    return LineTold(seq=line.seq, stream=line.stream, at=line.at, text=line.text, passing=line.passing)


def _result(one: Listed) -> ResultTold:
    return ResultTold(path=one.path, size=one.size, sha256=one.sha256, type=_type(one.path))


def _type(path: str) -> str:
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    # A page or a script of a stranger is looked at as text.
    return "text/plain; charset=utf-8" if kind in ("text/html", "text/javascript", "application/xhtml+xml") else kind
