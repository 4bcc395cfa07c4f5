"""Results as they were stored, in an encoding that their reader understands."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Header, Path
from fastapi.responses import StreamingResponse

from tandem.errors import ObjectMissing
from tandem.gateway.attachment import saved_as
from tandem.gateway.blocks import blocks
from tandem.gateway.encodings import accepts
from tandem.gateway.parts import Parts, World
from tandem.records.base import Wanted
from tandem.states import State
from tandem.tasks.answers import open_answer
from tandem.tasks.catalogue import CATALOGUE
from tandem.tasks.request import ETAG_PATTERN

router = APIRouter(tags=["results"])

AcceptEncoding = Annotated[str, Header(include_in_schema=False)]


@router.get("/results/{etag}", response_class=StreamingResponse)
def result(
    etag: Annotated[str, Path(pattern=ETAG_PATTERN)], parts: World, accept_encoding: AcceptEncoding = ""
) -> StreamingResponse:
    """A result by its ETag."""
    made = parts.record.find(Wanted(etag=etag, states=[State.COMPLETE]), limit=1)
    file_name = name_of_file(made[0].task, made[0].experiment) if made else None
    return stream_result(parts, etag, accept_encoding, file_name)


def name_of_file(task: str, experiment: str) -> str | None:
    """What the result of a task is saved as, if it is a file."""
    pattern = CATALOGUE[task].file if task in CATALOGUE else None
    return pattern.format(experiment=experiment) if pattern else None


def stream_result(parts: Parts, etag: str, accept_encoding: str, file_name: str | None) -> StreamingResponse:
    """A result's bytes, compressed as they lie if the reader understands that."""
    known = parts.results.head(etag)
    if known is None:
        raise ObjectMissing(key=etag, bucket=parts.results.bucket)
    headers = {"Cache-Control": "private, max-age=3600, immutable", "Vary": "Accept-Encoding"}
    as_it_lies = known.content_encoding is None or accepts(accept_encoding, known.content_encoding)
    if as_it_lies:
        headers["Content-Length"] = str(known.size)
        if known.content_encoding:
            headers["Content-Encoding"] = known.content_encoding
    if file_name and known.content_encoding is None:
        headers |= saved_as(file_name)
    media_type = known.content_type or "application/octet-stream"
    return StreamingResponse(_blocks(parts, etag, as_it_lies), headers=headers, media_type=media_type)


def _blocks(parts: Parts, etag: str, as_it_lies: bool) -> Iterator[bytes]:
    with parts.results.get(etag) if as_it_lies else open_answer(parts.results, etag) as stored:
        yield from blocks(stored)
