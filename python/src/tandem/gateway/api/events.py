"""What happens, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from tandem.gateway.live import Event
from tandem.gateway.owners import sees_only
from tandem.gateway.parts import Parts, World

router = APIRouter(tags=["events"])

#: Silence is broken so often, in seconds, or what stands between would think that the line is dead.
KEEP_ALIVE_S = 15.0
#: How long a client waits before it connects again, in milliseconds.
RETRY_MS = 2000


@router.get("/events", response_class=StreamingResponse)
async def events(request: Request, parts: World, experiment: str | None = None) -> StreamingResponse:
    """Tasks (`task`), jobs (`job`), experiments (`experiment`) and cell sets (`cellSets`), as they change."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    lines = _lines(parts, experiment, sees_only(request))
    first = await anext(lines)  # whoever sees the stream open is told of all that happens from then on
    return StreamingResponse(_with(first, lines), headers=headers, media_type="text/event-stream")


async def _with(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for line in rest:
        yield line


async def _lines(parts: Parts, experiment: str | None, owner: str | None) -> AsyncIterator[str]:
    async with parts.live.listening() as happening:
        yield f"retry: {RETRY_MS}\n\n"
        while True:
            try:
                event = await asyncio.wait_for(happening.get(), KEEP_ALIVE_S)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if event is None:
                return
            is_theirs = event.owner is None or owner in (None, event.owner)
            if is_theirs and experiment in (None, event.experiment):
                yield _written(event)


def _written(event: Event) -> str:
    return f"event: {event.kind}\ndata: {json.dumps(event.told)}\n\n"
