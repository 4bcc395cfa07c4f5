"""Long lists, some at a time: so many names fit into one question to every database, and others want to write, too."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

#: So many at once.
AT_ONCE = 500


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """All of them, in their order."""
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
