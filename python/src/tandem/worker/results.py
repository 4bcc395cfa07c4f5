"""A result between R and the store: compressed as it streams by, at constant memory."""

import base64
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Self, cast

import zstandard
from isal.igzip import IGzipFile

#: A compressed result up to this size travels inside its event, in bytes.
INLINE_BYTES = 250_000
#: A compressed result up to this size stays in memory on its way, in bytes; a larger one waits on the scratch volume.
IN_MEMORY_BYTES = 2 << 20


@dataclass(frozen=True)
class Result:
    """A compressed result, ready for the store; its file is gone when it is closed."""

    file: BinaryIO
    size: int
    content_type: str
    content_encoding: str

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def compress(blocks: Iterable[bytes], *, content_type: str, encoding: str, scratch: Path) -> Result:
    """Compress the blocks into a nameless file; equal blocks give equal bytes."""
    spool = cast("BinaryIO", SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(scratch)))  # noqa: SIM115  # Result closes it
    try:
        with _writer(spool, encoding) as writer:
            for block in blocks:
                writer.write(block)
        size = spool.tell()
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    return Result(spool, size, content_type, encoding)


def _writer(file: BinaryIO, encoding: str) -> AbstractContextManager[IO[bytes]]:
    if encoding == "zstd":
        return cast("IO[bytes]", zstandard.ZstdCompressor(level=1).stream_writer(file, closefd=False))
    return cast("IO[bytes]", IGzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0))  # type: ignore[no-untyped-call]


def inline(file: BinaryIO, size: int) -> str | None:
    """The file's bytes as text for an event, if they are few enough."""
    if size > INLINE_BYTES:
        return None
    return base64.b64encode(file.read()).decode("ascii")
