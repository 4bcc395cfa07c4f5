"""Values of numpy and pandas as plain ones, without loading either."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any


def plain(value: Any) -> Any:
    """What JSON can hold of a value that it does not know."""
    for convert in ("tolist", "item"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def values_of(value: Any) -> list[Any] | None:
    """The values to sweep over; None for a single one."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return None
    if getattr(value, "shape", None) == ():  # an array of no dimension is a number
        return None
    return list(value)
