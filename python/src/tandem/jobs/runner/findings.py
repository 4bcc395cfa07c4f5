"""The numbers and words in results by which the jobs of a group are compared."""

import csv
import json
import math
from pathlib import Path
from typing import Any

#: Files larger than this hold results, not findings; and so many values are kept of one job.
FILE_BYTES, MOST = 64_000, 200
#: A word is cut to so many characters.
LONGEST = 200

Value = str | int | float | bool | None


def findings_in(folder: Path) -> dict[str, Value]:
    """The values of JSON objects and of tables with one row, named `file.key`."""
    found: dict[str, Value] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".json", ".csv") or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > FILE_BYTES:
            continue
        name = path.relative_to(folder).with_suffix("").as_posix()
        found |= {_whole(f"{name}.{key}"): value for key, value in _values(path).items()}
        if len(found) >= MOST:
            break
    return dict(list(found.items())[:MOST])


def _values(path: Path) -> dict[str, Value]:
    try:
        text = path.read_text(encoding="utf-8")
        given = json.loads(text) if path.suffix == ".json" else _row(text)
    except (ValueError, OSError, csv.Error, RecursionError):
        return {}
    return dict(_flat("", given)) if isinstance(given, dict) else {}


def _row(text: str) -> dict[str, Value]:
    lines = text.splitlines()
    rows = list(csv.DictReader(lines[:3]))
    if len(rows) != 1:
        return {}
    return {key: _number(value) for key, value in rows[0].items() if isinstance(key, str) and isinstance(value, str)}


def _number(text: str) -> Value:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


def _flat(before: str, given: dict[str, Any]) -> list[tuple[str, Value]]:
    found: list[tuple[str, Value]] = []
    for key, value in given.items():
        if isinstance(value, dict):
            found += _flat(f"{before}{key}.", value)
        elif isinstance(value, str):
            found.append((f"{before}{key}", _whole(value[:LONGEST])))
        elif isinstance(value, float) and not math.isfinite(value):
            found.append((f"{before}{key}", str(value)))
        elif value is None or isinstance(value, bool | int | float):
            found.append((f"{before}{key}", value))
    return found


def _whole(text: str) -> str:
    """The text without halves of signs: JSON and names of files may hold them, and no answer can carry them."""
    return text.encode(errors="replace").decode()
