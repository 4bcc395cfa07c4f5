"""Names as files of other programs can hold them."""

from collections.abc import Iterable

#: What HDF5 and AnnData keep for themselves.
RESERVED = ("", ".", "_index")


def distinct(names: Iterable[str]) -> list[str]:
    """The names in their order; one that was there before gets the first number that makes it another."""
    names = list(names)
    used = set(names)
    seen: set[str] = set()
    found = []
    for name in names:
        free, number = name, 0
        while free in seen or (number and free in used):
            number += 1
            free = f"{name}-{number}"
        seen.add(free)
        found.append(free)
    return found


def keys(names: Iterable[str]) -> list[str]:
    """The names as keys of an HDF5 file, where a slash would begin a folder."""
    plain = (name.replace("/", "_") for name in names)
    return distinct(f"{name}_" if name in RESERVED else name for name in plain)
