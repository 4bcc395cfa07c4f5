"""Results as they are read again: streamed out of the store and decompressed on the way."""

import shutil
from typing import BinaryIO, cast

import zstandard
from isal import igzip

from tandem.stores.base import Store

#: What a compressed stream begins with.
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
#: How much is held in memory at a time, in bytes.
BLOCK_BYTES = 1 << 20


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
