"""What is sent is read a block at a time."""

from collections.abc import Iterator
from typing import BinaryIO

#: How much is read at a time, in bytes.
BLOCK_BYTES = 1 << 18


def blocks(source: BinaryIO) -> Iterator[bytes]:
    """All that is left to be read."""
    while block := source.read(BLOCK_BYTES):
        yield block


def first_blocks(source: BinaryIO, length: int) -> Iterator[bytes]:
    """So many bytes of it."""
    while length > 0 and (block := source.read(min(BLOCK_BYTES, length))):
        length -= len(block)
        yield block
