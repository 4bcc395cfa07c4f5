"""A row of a dense table of counts, nearly all of which are 0."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

ZERO, NINE, POINT = ord("0"), 9, ord(".")
#: A longer number is read by the general parser.
MOST_DIGITS = 15


def whole_numbers(text: bytes, delimiter: bytes, fields: int) -> tuple[NDArray[np.intp], NDArray[Any]] | None:
    """Where the row is not 0, and what is there; none if the row has anything but so many whole numbers.

    Only fields that are not a plain 0 are parsed, which is far faster than parsing all."""
    signs = np.frombuffer(text, np.uint8)
    ends = np.append(np.flatnonzero(signs == ord(delimiter)), len(signs))
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    if len(starts) != fields or lengths.min() == 0:
        return None
    places = np.flatnonzero((lengths > 1) | (signs[starts] != ZERO))
    starts, ends, lengths = starts[places], ends[places], lengths[places]
    written_as_decimal = (lengths > 2) & (signs[ends - 1] == ZERO) & (signs[ends - 2] == POINT)
    lengths = lengths - 2 * written_as_decimal
    longest = int(lengths.max(initial=0))
    if longest > MOST_DIGITS:
        return None
    values = np.zeros(len(places), np.int64)
    for digit in range(longest):
        there = np.flatnonzero(lengths > digit)
        figures = signs[starts[there] + digit] - np.uint8(ZERO)
        if (figures > NINE).any():
            return None
        values[there] = values[there] * 10 + figures
    kept = values != 0
    return places[kept], values[kept]
