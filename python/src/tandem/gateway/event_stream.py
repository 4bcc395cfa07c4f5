"""Server-sent events, as browsers read them."""

from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse

#: Silence is broken so often, in seconds, or what stands between would think that the line is dead.
KEEP_ALIVE_S = 15.0
STILL_HERE = ": still here\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def streamed(events: AsyncIterator[str]) -> StreamingResponse:
    """The answer that goes on as long as there are events."""
    return StreamingResponse(events, headers=HEADERS, media_type="text/event-stream")


def event(kind: str, told: str, number: int | None = None) -> str:
    """One event; who is cut off asks for what comes after its number."""
    numbered = "" if number is None else f"id: {number}\n"
    return f"event: {kind}\n{numbered}data: {told}\n\n"
