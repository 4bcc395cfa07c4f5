"""Choices made of bytes: the same bytes make the same choices, and a few bytes more or less make similar ones."""

import struct
from collections.abc import Sequence
from typing import Any, TypeVar

Thing = TypeVar("Thing")

#: Values at which programs have gone wrong before.
ODD_NUMBERS = (
    0,
    -1,
    1,
    255,
    2**31 - 1,
    2**31,
    2**53,
    2**63 - 1,
    2**63,
    -(2**63),
    2**64,
    10**400,
    0.5,
    -0.0,
    1e308,
    5e-324,
)
ODD_TEXTS = (
    "", " ", "\0", "\ud800", "\x85", "..", "/", "a\nb", "é", "\U0001f9ec", "9" * 5000, "_" * 3000 + "x", "{0}", "%s",
    "$ref", "__class__", "null", "NaN", "2026-07-01T12:00:00Z", "0001-01-01T00:00:00+23:59",
)  # fmt: skip


class Draw:
    """Bytes that are used up; when there are none left, every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        """So many bytes, as far as there are."""
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self.take(len(self._data))

    def upto(self, most: int) -> int:
        """A number from 0 to `most`."""
        width = 1 if most < 1 << 8 else 2 if most < 1 << 16 else 4
        return int.from_bytes(self.take(width), "little") % (most + 1)

    def flag(self) -> bool:
        """True or false."""
        return self.upto(1) == 1

    def one_of(self, things: Sequence[Thing]) -> Thing:
        """One of them."""
        return things[self.upto(len(things) - 1)]

    def number(self) -> int | float:
        """Any number: small ones, odd ones, and what eight bytes may mean."""
        match self.upto(3):
            case 0:
                return self.upto(255)
            case 1:
                return self.one_of(ODD_NUMBERS)
            case 2:
                return int.from_bytes(self.take(8), "little", signed=True)
        return float(struct.unpack("<d", self.take(8).ljust(8, b"\0"))[0])

    def text(self, words: Sequence[str] = ()) -> str:
        """One of the words, an odd text, or anything."""
        match self.upto(3):
            case 0 | 1 if words:
                return self.one_of(words)
            case 2:
                return self.one_of(ODD_TEXTS)
        return self.take(self.upto(20)).decode("utf-8", "replace")

    def value(self, words: Sequence[str] = (), depth: int = 4) -> Any:
        """A value as JSON has them, its texts and names often among the words."""
        match self.upto(7 if depth else 5):
            case 0 | 1:
                return self.text(words)
            case 2 | 3:
                return self.number()
            case 4:
                return self.one_of((None, True, False))
            case 5:
                return self.one_of(([], {}))
            case 6:
                return [self.value(words, depth - 1) for _ in range(self.upto(5))]
        return {self.text(words): self.value(words, depth - 1) for _ in range(self.upto(5))}
