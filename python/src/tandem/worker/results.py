"""A result between R and the store: JSON is compressed as it streams by, a file is taken as it is, both at constant
memory."""

import base64
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Self, cast

import zstandard
from isal.igzip import IGzipFile

from tandem.durable import DISK_FULL
from tandem.errors import ScratchFull

#: What is answered as this is a result to compress; anything else is a file that its reader wants as R wrote it.
JSON_TYPE = "application/json"
#: A compressed result up to this size travels inside its event, in bytes.
INLINE_BYTES = 250_000
#: A compressed result up to this size stays in memory on its way, in bytes; a larger one waits on the scratch volume.
IN_MEMORY_BYTES = 2 << 20


@dataclass(frozen=True)
class Result:
    """A result, ready for the store; its file is gone when it is closed."""

    file: BinaryIO
    size: int
    content_type: str
    #: How it is compressed; None for a file, which says itself what it is.
    content_encoding: str | None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def take_in(blocks: Iterable[bytes], *, content_type: str, encoding: str, scratch: Path) -> Result:
    """Write the blocks into a nameless file, compressed unless they are a file; equal blocks give equal bytes."""
    applied = encoding if content_type.startswith(JSON_TYPE) else None
    spool = cast("BinaryIO", SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(scratch)))  # noqa: SIM115  # Result closes it
    try:
        with _writer(spool, applied) as writer:
            for block in blocks:
                writer.write(block)
        size = spool.tell()
        spool.seek(0)
    except BaseException as error:
        spool.close()
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise ScratchFull from error
        raise
    return Result(spool, size, content_type, applied)


def _writer(file: BinaryIO, encoding: str | None) -> AbstractContextManager[IO[bytes]]:
    if encoding is None:
        return nullcontext(file)
    if encoding == "zstd":
        return cast("IO[bytes]", zstandard.ZstdCompressor(level=1).stream_writer(file, closefd=False))
    return cast("IO[bytes]", IGzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0))  # type: ignore[no-untyped-call]


def fits_event(size: int, encoding: str | None) -> bool:
    """Whether a result travels inside its event: one that is small, and no file."""
    return encoding is not None and size <= INLINE_BYTES


def inline(file: BinaryIO, size: int, encoding: str | None) -> str | None:
    """The result's bytes as text for its event, if they travel there."""
    return base64.b64encode(file.read()).decode("ascii") if fits_event(size, encoding) else None
