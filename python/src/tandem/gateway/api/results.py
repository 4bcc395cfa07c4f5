"""Results as they were stored."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from tandem.errors import ObjectMissing
from tandem.gateway.parts import Parts, World
from tandem.tasks.request import ETAG_PATTERN

router = APIRouter(tags=["results"])

#: How much is read at a time, in bytes.
BLOCK_BYTES = 1 << 18


@router.get("/results/{etag}")
def result(etag: Annotated[str, Path(pattern=ETAG_PATTERN)], parts: World) -> StreamingResponse:
    """A result by its ETag."""
    return stream_result(parts, etag)


def stream_result(parts: Parts, etag: str) -> StreamingResponse:
    """A result's bytes, compressed as they lie."""
    known = parts.results.head(etag)
    if known is None:
        raise ObjectMissing(key=etag, bucket=parts.results.bucket)
    headers = {"Cache-Control": "private, max-age=3600, immutable", "Content-Length": str(known.size)}
    if known.content_encoding:
        headers["Content-Encoding"] = known.content_encoding
    media_type = known.content_type or "application/octet-stream"
    return StreamingResponse(_blocks(parts, etag), headers=headers, media_type=media_type)


def _blocks(parts: Parts, etag: str) -> Iterator[bytes]:
    with parts.results.get(etag) as stored:
        while block := stored.read(BLOCK_BYTES):
            yield block
