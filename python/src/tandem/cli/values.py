"""Parameters as they are typed: `n=8`, and in sweeps `a=0..4`, `b=1,2,3`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from tandem.errors import UsageError

#: A number as one end of a range has it.
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
#: The most values of one range.
MOST_VALUES = 100_000


def parameters(words: Iterable[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """One value for each name."""
    return {name: _value(text, is_text=_is_text(schema, name)) for name, text in pairs(words)}


def sweep_values(words: Iterable[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A list for what is swept: a range, values with commas between, or a list in JSON; a value for what is not."""
    return {name: _values(name, text, is_text=_is_text(schema, name)) for name, text in pairs(words)}


def tags(words: Iterable[str]) -> dict[str, str]:
    """Tags, k=v."""
    return dict(pairs(words))


def pairs(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names and the texts behind them. UsageError where one is no pair, or a name comes twice."""
    seen = set()
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise UsageError(reason=f"'{word}' is not name=value")
        if name in seen:
            raise UsageError(reason=f"'{name}' is given twice")
        seen.add(name)
        yield name, text


def read_document(path: Path) -> Any:
    """What a JSON or YAML file holds."""
    try:
        text = path.expanduser().read_text()
        return json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise UsageError(reason=f"{path} cannot be read: {said}") from error


def read_mapping(path: Path | None) -> dict[str, Any]:
    """The parameters of a config file; nothing where there is none."""
    document = {} if path is None else read_document(path)
    if not isinstance(document, dict):
        raise UsageError(reason=f"{path} has to hold names with their values")
    return document


def _is_text(schema: Mapping[str, Any], name: str) -> bool:
    """Whether the program takes a text, so that what looks like a number is none."""
    return bool((schema.get("properties") or {}).get(name, {}).get("type") == "string")


def _value(text: str, *, is_text: bool) -> Any:
    if is_text:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _values(name: str, text: str, *, is_text: bool) -> Any:
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError as error:
            raise UsageError(reason=f"'{name}' is no list in JSON: {error}") from None
    if not is_text and ".." in text:
        return _range(name, text)
    if "," in text:
        return [_value(part.strip(), is_text=is_text) for part in text.split(",") if part.strip()]
    return _value(text, is_text=is_text)


def _range(name: str, text: str) -> list[int] | list[float]:
    """`first..last` or `first..last..step`, both ends included; exact in decimals."""
    try:
        first, last, *rest = map(_number, text.split(".."))
        step = rest[0] if rest else Decimal(1 if last >= first else -1)
        count = int((last - first) / step) + 1
    except (InvalidOperation, ValueError, ZeroDivisionError):
        count, rest = 0, []
    if count < 1 or len(rest) > 1:
        raise UsageError(
            reason=f"'{name}={text}' is no range: write first..last or first..last..step, such as 0..1..0.25"
        )
    if count > MOST_VALUES:
        raise UsageError(reason=f"'{name}={text}' has more than {MOST_VALUES:,} values")
    exact = [first + step * number for number in range(count)]
    if any(value != int(value) for value in (first, step)):
        return [float(value) for value in exact]
    return [int(value) for value in exact]


def _number(text: str) -> Decimal:
    if not NUMBER.fullmatch(text.strip()):
        raise ValueError(text)
    return Decimal(text)
