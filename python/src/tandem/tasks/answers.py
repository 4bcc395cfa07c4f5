"""Results as they are read again: streamed out of the store and decompressed on the way, or small enough to parse."""

import shutil
from typing import BinaryIO, TypeVar, cast

import zstandard
from isal import igzip
from pydantic import BaseModel, ValidationError

from tandem.errors import CellSetsNotChanged
from tandem.stores.base import Store

#: What a compressed stream begins with.
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: How much is held in memory at a time, in bytes.
BLOCK_BYTES = 1 << 20

Model = TypeVar("Model", bound=BaseModel)


def copy_answer(results: Store, etag: str, sink: BinaryIO) -> None:
    """Write a result, as R wrote it, to a file. ObjectMissing if it is not there (any more)."""
    with results.get(etag) as head:
        magic = head.read(len(ZSTD_MAGIC))
    with results.get(etag) as stored:
        shutil.copyfileobj(_decompressed(stored, magic), sink, BLOCK_BYTES)


def _decompressed(stored: BinaryIO, magic: bytes) -> BinaryIO:
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
