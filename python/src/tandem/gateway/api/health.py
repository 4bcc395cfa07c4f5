"""Whether the gateway lives and can answer."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from fastapi import APIRouter, Response

from tandem.errors import QueueMissing
from tandem.gateway.api.models import Told
from tandem.gateway.parts import Parts, World

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])

#: Seconds that a part may take to answer.
PATIENCE_S = 2.0
#: A key that no result has.
NO_KEY = "0" * 8


class Readiness(Told):
    """Whether requests can be answered, and which of the parts are there."""

    ready: bool
    record: bool
    store: bool
    queue: bool
    redis: bool
    detail: str


@router.get("/healthz")
async def health() -> dict[str, str]:
    """The process lives."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"model": Readiness}})
async def ready(response: Response, parts: World) -> Readiness:
    """Requests can be answered: record, store and queue are there. Without Redis they are, but no event comes."""
    record, store, queue = await asyncio.gather(
        _answers("record", parts.tallies.by_state),
        _answers("store", lambda: parts.results.head(NO_KEY)),
        _answers("queue", lambda: _look_at_queue(parts)),
    )
    redis = parts.sockets.relay.connected
    away = [name for name, there in (("record", record), ("store", store), ("queue", queue)) if not there]
    if away:
        response.status_code = 503
        detail = f"What does not answer is the {' and the '.join(away)}."
    else:
        detail = "" if redis else "Redis does not answer, so no event reaches anybody; results are made and found."
    return Readiness(ready=not away, record=record, store=store, queue=queue, redis=redis, detail=detail)


async def _answers(part: str, ask: Callable[[], object]) -> bool:
    try:
        await asyncio.wait_for(asyncio.to_thread(ask), PATIENCE_S)
    except Exception as error:  # whatever it is, the part does not answer
        log.warning("the %s does not answer: %s", part, error)
        return False
    return True


def _look_at_queue(parts: Parts) -> None:
    """The queue of any experiment stands for all of them; one that nobody has used yet is made by its first use."""
    with suppress(QueueMissing):
        for name in parts.shelf.names()[:1]:
            parts.shelf.queue(name).depth()
