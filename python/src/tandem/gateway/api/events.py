"""What happens, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from tandem.gateway.event_stream import KEEP_ALIVE_S, STILL_HERE, event, streamed
from tandem.gateway.owners import sees_only
from tandem.gateway.parts import Parts, World

router = APIRouter(tags=["events"])

#: How long a client waits before it connects again, in milliseconds.
RETRY_MS = 2000


@router.get("/events", response_class=StreamingResponse)
async def events(request: Request, parts: World, experiment: str | None = None) -> StreamingResponse:
    """Tasks (`task`), jobs (`job`), experiments (`experiment`) and cell sets (`cellSets`), as they change."""
    lines = _lines(parts, experiment, sees_only(request))
    first = await anext(lines)  # whoever sees the stream open is told of all that happens from then on
    return streamed(_with(first, lines))


async def _with(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for line in rest:
        yield line


async def _lines(parts: Parts, experiment: str | None, owner: str | None) -> AsyncIterator[str]:
    async with parts.live.listening() as happening:
        yield f"retry: {RETRY_MS}\n\n"
        while True:
            try:
                new = await asyncio.wait_for(happening.get(), KEEP_ALIVE_S)
            except TimeoutError:
                yield STILL_HERE
                continue
            if new is None:
                return
            is_theirs = new.owner is None or owner in (None, new.owner)
            if is_theirs and experiment in (None, new.experiment):
                yield event(new.kind, json.dumps(new.told))
