"""Names that are told apart, and as files of other programs can hold them."""

from collections.abc import Iterable

#: What HDF5 and AnnData keep for themselves.
RESERVED = ("", ".", "_index")


def distinct(names: Iterable[str], first: int = 1) -> list[str]:
    """The names in their order; one that was there before gets the first number that makes it another."""
    names = list(names)
    used = set(names)
    numbers: dict[str, int] = {}
    found = []
    for name in names:
        free = name
        if name in numbers:
            while (free := f"{name}-{numbers[name]}") in used:
                numbers[name] += 1
            used.add(free)
        numbers.setdefault(name, first)
        found.append(free)
    return found


def keys(names: Iterable[str]) -> list[str]:
    """The names as keys of an HDF5 file, where a slash would begin a folder."""
    plain = (name.replace("/", "_") for name in names)
    return distinct(f"{name}_" if name in RESERVED else name for name in plain)
