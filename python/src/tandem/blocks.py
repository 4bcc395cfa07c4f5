"""Files and streams, some of their bytes at a time."""

import sys
from collections.abc import Iterator
from typing import Protocol

#: How much is held in memory at a time where nothing asks for more or less, in bytes.
BLOCK_BYTES = 1 << 20


class Readable(Protocol):
    """Whatever gives bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many; none at the end."""


def blocks_of(file: Readable, length: int | None = None, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """All that is left to read of it, or so many bytes."""
    left = sys.maxsize if length is None else length
    while left > 0 and (block := file.read(min(size, left))):
        left -= len(block)
        yield block
