"""The cell sets of an experiment."""

from hashlib import md5
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from isal import igzip
from starlette.concurrency import run_in_threadpool

from tandem.errors import InvalidRequest, MalformedMessage
from tandem.experiments.document import CellSetsDocument, Document
from tandem.experiments.merger import Entry, merged
from tandem.experiments.soundness import check
from tandem.gateway.api.models import Told
from tandem.gateway.api.results import AcceptEncoding
from tandem.gateway.encodings import accepts
from tandem.gateway.live import cell_sets_changed
from tandem.gateway.parts import Parts, World
from tandem.tasks.request import decode_value

router = APIRouter(prefix="/v2/experiments/{experiment}/cellSets", tags=["cell sets"])

#: What changes are written in: the operations of npm's json-merger.
MERGER = "application/boschni-json-merger+json"
#: How long a change waits for others, in seconds.
WAIT_S = 5.0
#: The fastest level of gzip makes a sixth of a list of numbers already.
GZIP_LEVEL = 1


class Changed(Told):
    """What there is after the change."""

    cell_sets: int


def _document(experiment: str, parts: World) -> CellSetsDocument:
    parts.check_experiment(experiment)
    return parts.origin.cell_sets(experiment)


Found = Annotated[CellSetsDocument, Depends(_document)]


@router.get("", response_class=Response, responses={304: {"description": "They are as the client has them."}})
def cell_sets(
    document: Found,
    if_none_match: Annotated[str, Header()] = "",
    accept_encoding: AcceptEncoding = "",
) -> Response:
    """All classes of cell sets."""
    etag = f'"{md5(document.state().encode(), usedforsecurity=False).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if _has(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    content = document.read()
    if accepts(accept_encoding, "gzip"):
        content = igzip.compress(content, compresslevel=GZIP_LEVEL)
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type="application/json")


@router.patch(
    "",
    openapi_extra={"requestBody": {"required": True, "content": {MERGER: {"schema": {"type": "array"}}}}},
    responses={415: {"description": "The changes are not written as such."}},
)
async def change(experiment: str, request: Request, document: Found, parts: World) -> Changed:
    """Change cell sets by operations of json-merger: $match, $remove, $move, $append, $prepend, $insert."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MERGER:
        raise HTTPException(415, f"Changes of cell sets are sent as {MERGER}.")
    operations = _operations(await request.body())
    return await run_in_threadpool(_change, parts, experiment, document, operations)


def _change(parts: Parts, experiment: str, document: CellSetsDocument, operations: Any) -> Changed:
    classes: list[Entry] = []

    def apply(before: Document) -> Document:
        classes[:] = merged(before["cellSets"], operations)
        check(before["cellSets"], classes)
        return before | {"cellSets": classes}

    document.edit(apply, seconds=WAIT_S)
    parts.live.tell(cell_sets_changed(experiment))
    return Changed(cell_sets=len(classes))


def _operations(text: bytes) -> Any:
    try:
        return decode_value(text)
    except MalformedMessage as error:
        raise InvalidRequest(reason=error.facts["reason"]) from None


def _has(if_none_match: str, etag: str) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in known or "*" in known
