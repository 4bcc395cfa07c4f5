"""Objects of a store, whole or in part (RFC 9110, section 14)."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from fastapi import HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from tandem.gateway.blocks import blocks
from tandem.stores import Store

#: One range; several at once are answered with the whole, as the standard allows.
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def ranged(
    request: Request, store: Store, key: str, size: int, kind: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The object, or the part of it that is asked for."""
    told = {**(headers or {}), "Accept-Ranges": "bytes"}
    if size == 0:
        return Response(b"", headers=told, media_type=kind)
    found = RANGE.fullmatch(request.headers.get("Range", "").strip())
    if found is None or found.groups() == ("", ""):
        return StreamingResponse(
            _blocks(store, key, 0, size), headers={**told, "Content-Length": str(size)}, media_type=kind
        )
    first, last = _bounds(found[1], found[2], size)
    if first > last:
        sentence = f"The file has {size:,} bytes, so there is no such range in it."
        raise HTTPException(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, sentence, headers={"Content-Range": f"bytes */{size}"}
        )
    told |= {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(last - first + 1)}
    return StreamingResponse(
        _blocks(store, key, first, last - first + 1),
        status_code=HTTPStatus.PARTIAL_CONTENT,
        headers=told,
        media_type=kind,
    )


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """From which to which byte; without a first one it is the end that is asked for."""
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1


def _blocks(store: Store, key: str, offset: int, length: int) -> Iterator[bytes]:
    with store.get(key, offset) as body:
        yield from blocks(body, length)
