"""Durations and sizes as people write them, and as messages say them."""

import re

#: Seconds in each unit of time.
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
#: Bytes in each unit of size.
BYTES = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
}
NUMBER_AND_UNIT = re.compile(r"(\d{1,18}(?:\.\d{1,9})?) ?([A-Za-z]*)", re.ASCII)
#: No duration is longer (seconds, 100 years) and nothing larger (bytes) than makes sense.
LONGEST_S, LARGEST_BYTES = 100 * 365 * 86_400, 1 << 60


def parse_seconds(given: object) -> float:
    """Seconds of `"1h"`, `"5 min"`, `"0.5s"` or a plain number; ValueError, in words, for anything else."""
    return _parse(given, SECONDS, "s", LONGEST_S, "a duration like 30s, 5min, 1h or 2d")


def parse_bytes(given: object) -> int:
    """Bytes of `"500MB"`, `"1.5 GiB"` or a plain number; ValueError, in words, for anything else."""
    return int(_parse(given, BYTES, "B", LARGEST_BYTES, "a size like 500MB, 1.5GB or 2GiB"))


def said_seconds(seconds: float) -> str:
    """A duration in its two largest units, like `1 h 30 min`."""
    if seconds < SECONDS["min"]:
        return f"{seconds:.3g} s"
    rest, parts = round(seconds), []
    for unit, size in reversed(SECONDS.items()):
        number, rest = divmod(rest, size)
        parts += [f"{number} {unit}"] if number else []
    return " ".join(parts[:2])


def said_bytes(size: int) -> str:
    """A size with three digits, like `1.07 GB`."""
    for unit in ("TB", "GB", "MB", "kB"):
        if size >= BYTES[unit]:
            digits = 0 if size >= 100 * BYTES[unit] else 2
            number = f"{size / BYTES[unit]:,.{digits}f}"
            return f"{number.rstrip('0').rstrip('.') if digits else number} {unit}"
    return f"{size} bytes"


def _parse(given: object, units: dict[str, int], plain: str, most: int, wanted: str) -> float:
    found = NUMBER_AND_UNIT.fullmatch(given.strip()) if isinstance(given, str) else None
    if found:
        number, unit = float(found[1]), found[2] or plain
    elif isinstance(given, int | float) and not isinstance(given, bool):
        number, unit = float(given), plain
    else:
        raise ValueError(f"it must be {wanted}, and is {given!r}")
    if unit not in units:
        raise ValueError(f"it must be {wanted}; the unit '{unit}' is none of {', '.join(units)}")
    if not 0 < number * units[unit] <= most:  # which NaN is not either
        raise ValueError(f"it must be {wanted}, more than nothing and not beyond all bounds")
    return number * units[unit]
