"""Results as they are read again: streamed out of the store and decompressed on the way, or small enough to parse."""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import BadGzipFile
from typing import Any, BinaryIO, TypeVar, cast

import zstandard
from isal import igzip, igzip_lib
from pydantic import BaseModel, ValidationError

from tandem.blocks import BLOCK_BYTES
from tandem.errors import CellSetsNotChanged, ObjectMissing
from tandem.stores.base import Store

log = logging.getLogger(__name__)

#: What a compressed stream begins with.
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: What reading a compressed stream that is broken raises.
BROKEN = (BadGzipFile, EOFError, cast("type[Exception]", igzip_lib.IsalError), zstandard.ZstdError)
#: A result that is parsed may be so large at the most, in bytes: a layout of some millions of cells.
PARSED_BYTES = 256 << 20

Model = TypeVar("Model", bound=BaseModel)


def is_file(results: Store, etag: str) -> bool:
    """Whether a result is a file that is kept as R wrote it. ObjectMissing if it is not there (any more)."""
    known = results.head(etag)
    if known is None:
        raise ObjectMissing(key=etag, bucket=results.bucket)
    return known.content_encoding is None


def copy_answer(results: Store, etag: str, sink: BinaryIO) -> None:
    """Write a result, as R wrote it, to a file. ObjectMissing if it is not there (any more)."""
    as_it_is = is_file(results, etag)  # such a file may begin as a compressed stream does
    with results.get(etag) as stored:
        shutil.copyfileobj(stored if as_it_is else _decompressed(results, etag, stored), sink, BLOCK_BYTES)


@contextmanager
def open_answer(results: Store, etag: str) -> Iterator[BinaryIO]:
    """A result of JSON, decompressed as it is read, whoever compressed it and how."""
    with results.get(etag) as stored:
        yield _decompressed(results, etag, stored)


def stored_answer(results: Store, etag: str) -> Any:
    """A result of JSON, parsed, whoever compressed it and how. None if it is not there (any more), or is none."""
    try:
        with open_answer(results, etag) as answer:
            text = answer.read(PARSED_BYTES + 1)
    except ObjectMissing:
        return None
    except BROKEN as error:
        log.warning("the result %s cannot be decompressed: %s", etag, error)
        return None
    try:
        return json.loads(text) if len(text) <= PARSED_BYTES else None
    except (ValueError, RecursionError):
        return None


def _decompressed(results: Store, etag: str, stored: BinaryIO) -> BinaryIO:
    """What was compressed, by how it begins."""
    with results.get(etag) as head:
        magic = head.read(len(ZSTD_MAGIC))
    if magic.startswith(GZIP_MAGIC):
        return cast("BinaryIO", igzip.IGzipFile(fileobj=stored))  # type: ignore[no-untyped-call]
    if magic == ZSTD_MAGIC:
        return cast("BinaryIO", zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True))
    return stored


def read_answer(kind: type[Model], answer: bytes) -> Model:
    """R's small answer to a task that changes cell sets, as what it should be."""
    try:
        return kind.model_validate_json(answer)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "all of it"
        raise CellSetsNotChanged(reason=f"R answered with something else ({place}: {first['msg']})") from None
