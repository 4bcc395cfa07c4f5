"""A picture of how much each component explains, drawn without a library of plots."""

import struct
import zlib
from pathlib import Path

import numpy as np

#: In pixels.
WIDTH, HEIGHT, MARGIN, GAP = 640, 360, 20, 4
PAPER, BAR, LINE = 255, (51, 102, 170), (136, 136, 136)


def draw(ratios: np.ndarray, path: Path) -> None:
    """A bar for each component, the largest over the whole height."""
    picture = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    floor, room = HEIGHT - MARGIN, HEIGHT - 2 * MARGIN
    edges = np.linspace(MARGIN, WIDTH - MARGIN, len(ratios) + 1).astype(int)
    for ratio, left, right in zip(ratios, edges, edges[1:], strict=False):
        top = floor - round(room * float(ratio / ratios[0]))
        picture[top:floor, left : max(left + 1, right - GAP)] = BAR
    picture[floor, MARGIN : WIDTH - MARGIN] = LINE
    path.write_bytes(png(picture))


def png(picture: np.ndarray) -> bytes:
    """Height x width x RGB as a file of PNG: a head, the rows, each after a 0 for 'not filtered', and an end."""
    height, width, _ = picture.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), picture.reshape(height, -1)])
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of the file, with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
