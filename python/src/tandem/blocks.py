"""Files and streams, some of their bytes at a time."""

from collections.abc import Iterator
from typing import IO

#: How much is held in memory at a time where nothing asks for more or less, in bytes.
BLOCK_BYTES = 1 << 20


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    """All that is left to read of it."""
    while block := file.read(BLOCK_BYTES):
        yield block
