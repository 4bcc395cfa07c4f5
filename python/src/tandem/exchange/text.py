"""Lines of text files, gzipped or not, some megabytes at a time."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isal import igzip_lib

from tandem.blocks import BLOCK_BYTES, blocks_of
from tandem.errors import InputUnusable

#: What damaged content is told by.
GZIP_ERRORS: tuple[type[Exception], ...] = (igzip_lib.error, EOFError, ValueError)  # type: ignore[assignment]
GZIP_MAGIC = b"\x1f\x8b"
#: How many bytes of text are handled at a time.
TEXT_BYTES = 16 << 20
#: A longer line is no line of a table of cells and genes.
LONGEST_LINE = 256 << 20
#: More text than this is no list of genes or cells.
LONGEST_LIST = 1 << 30


def text_blocks(path: Path, size: int = TEXT_BYTES) -> Iterator[tuple[int, bytes]]:
    """Whole lines, about `size` bytes at a time, and the number of the first (from 1); all end in a line feed."""
    line, rest, held = 1, [], 0
    for piece in text_pieces(path):
        rest.append(piece)
        held += len(piece)
        if held < size:
            continue
        block = b"".join(rest)
        end = block.rfind(b"\n") + 1
        if end:
            yield line, block[:end]
            line += block.count(b"\n", 0, end)
        elif held > LONGEST_LINE:
            raise InputUnusable(path=path, reason=f"line {line:,} is too long for a table")
        rest, held = [block[end:]], len(block) - end
    block = b"".join(rest)
    if block:
        yield line, block if block.endswith(b"\n") else block + b"\n"


def read_list(path: Path) -> list[list[str]]:
    """The rows of a small table: of tabs if there are some in its first line, else of commas or semicolons, whichever
    are more."""
    blocks, size = [], 0
    for _, block in text_blocks(path):
        blocks.append(block)
        size += len(block)
        if size > LONGEST_LIST:
            raise InputUnusable(path=path, reason="it is too long for a list of names")
    lines = decode(path, b"".join(blocks)).splitlines()
    first = lines[0] if lines else ""
    delimiter = "\t" if "\t" in first else max(",;", key=first.count)
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error as error:
        raise InputUnusable(path=path, reason=f"it is no table: {error}") from None


def decode(path: Path, text: bytes, line: int = 1) -> str:
    """Text as UTF-8, else as what older programs write."""
    if b"\0" in text:
        line += text.count(b"\n", 0, text.index(b"\0"))
        raise InputUnusable(path=path, reason=f"line {line:,} is not text")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def is_gzip(path: Path) -> bool:
    """Whether the content is gzipped, whatever the name says."""
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def first_bytes(path: Path, size: int) -> bytes:
    """The beginning of what the file holds."""
    found = b""
    for piece in text_pieces(path):
        found += piece
        if len(found) >= size:
            break
    return found[:size]


def text_pieces(path: Path) -> Iterator[bytes]:
    """The content, about a megabyte at a time."""
    try:
        with path.open("rb") as file:
            if file.read(2) == GZIP_MAGIC:
                file.seek(0)
                yield from _unzipped(path, file)
            else:
                file.seek(0)
                yield from blocks_of(file)
    except OSError as error:
        raise InputUnusable(path=path, reason=f"it cannot be read: {error.strerror or error}") from None


def _unzipped(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """What several gzipped parts after each other hold; how far they are sound is said by the line."""
    line, waiting = 1, b""
    while waiting or (waiting := file.read(BLOCK_BYTES)):
        if not waiting.strip(b"\0"):  # Some programs fill the file up.
            waiting = b""
            continue
        part = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        while not part.eof:
            try:
                piece = part.decompress(waiting, BLOCK_BYTES * 8)
            except GZIP_ERRORS as error:
                raise InputUnusable(path=path, reason=f"its gzip is damaged at line {line:,}: {error}") from None
            waiting = b""
            if piece:
                line += piece.count(b"\n")
                yield piece
            if (part.needs_input or not piece) and not part.eof:
                waiting = file.read(BLOCK_BYTES)
                if not waiting:
                    reason = f"its gzip is truncated: it ends in the middle of line {line:,}; fetch it again"
                    raise InputUnusable(path=path, reason=reason)
        waiting = part.unused_data
