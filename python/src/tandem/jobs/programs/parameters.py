"""Parameters: what a program takes, whether what is given fits, and how the program reads them."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry

from tandem.errors import ParametersUnfit
from tandem.jobs.programs.reasons import SHOWN, TYPES, order, shown, unfit, unknown
from tandem.jobs.programs.toml import ProgramFile

#: How deep the values of one parameter may be nested.
DEEPEST = 50
#: Whole numbers that programs in any language can read, in 64 bits.
SMALLEST, LARGEST = -(2**63), 2**64 - 1
#: What YAML breaks lines at besides the end of a line.
LINE_ENDS = frozenset("\x85\u2028\u2029")
#: What JSON is read as.
PYTHON_TYPES: dict[str, type] = {"array": list, "object": dict, "null": type(None)}
#: The types in the order in which a text is tried for them: every text is a string.
ANYTHING = ("null", "boolean", "integer", "number", "array", "object", "string")
WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
BOOLEANS = {"true": True, "false": False}


def schema_of(file: ProgramFile) -> dict[str, Any]:
    """The JSON Schema of all parameters together."""
    return {
        "type": "object",
        "properties": dict(file.parameters),
        "required": [name for name, schema in file.parameters.items() if "default" not in schema],
        "additionalProperties": False,
    }


def completed(file: ProgramFile, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given and the defaults of the rest, in the order of their declaration; ParametersUnfit where it does not
    fit."""
    for name, value in given.items():
        _check_plain(name[:SHOWN], value)
    defaults = {name: schema["default"] for name, schema in file.parameters.items() if "default" in schema}
    whole = {**defaults, **{name: _whole(file.parameters.get(name, {}), value) for name, value in given.items()}}
    # A registry of our own fetches nothing, whatever a schema refers to.
    faults = sorted(Validator(schema_of(file), registry=Registry()).iter_errors(whole), key=order)
    if faults:
        raise unfit(file, whole, faults[0])
    return {name: whole[name] for name in file.parameters}


def from_text(file: ProgramFile, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values that texts of a command line stand for, by the types of the parameters."""
    return {name: _value(name, file.parameters[name], text) for name, text in texts.items() if _known(file, name)}


def write_config(path: Path, parameters: Mapping[str, Any]) -> None:
    """Write the parameters as YAML or JSON, as the file's name says."""
    if path.suffix in (".yaml", ".yml"):
        # YAML takes some signs for the end of a line, and would read them back as another sign.
        is_plain = LINE_ENDS.isdisjoint(json.dumps(dict(parameters), ensure_ascii=False))
        text = yaml.safe_dump(dict(parameters), sort_keys=False, allow_unicode=is_plain)
    else:
        text = json.dumps(dict(parameters), indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


def _unique(_validator: object, wanted: object, value: object, _schema: object) -> Iterator[ValidationError]:
    """Whether a list has everything once, found in one walk: jsonschema's own compares each with each."""
    if wanted and isinstance(value, list) and len({_canonical(part) for part in value}) < len(value):
        yield ValidationError(f"{shown(value)} has non-unique elements")


def _canonical(value: object) -> str:
    """The same text for equal values; 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return f"[{','.join(map(_canonical, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_canonical(value[name])}" for name in sorted(value)) + "}"
    return json.dumps(value)


Validator = validators.extend(Draft202012Validator, {"uniqueItems": _unique})  # type: ignore[no-untyped-call]


def _whole(schema: Mapping[str, Any], value: Any) -> Any:
    """8.0 is 8 where a whole number is wanted, so that both name the same run."""
    is_whole = isinstance(value, float) and value.is_integer() and schema.get("type") == "integer"
    return int(value) if is_whole else value


def _check_plain(field: str, value: Any, depth: int = 0) -> None:
    """What neither a file nor a command can hold is refused, however deep it lies."""
    if depth > DEEPEST:
        raise ParametersUnfit(field=field, reason="it is nested too deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise ParametersUnfit(field=field, reason=f"{value} is no number that can be written down")
    if isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        raise ParametersUnfit(field=field, reason="it is a whole number of more than 64 bits")
    if isinstance(value, str) and not _is_text(value):
        raise ParametersUnfit(field=field, reason="it has signs that no text has")
    inner = [*value.keys(), *value.values()] if isinstance(value, Mapping) else value
    if isinstance(inner, list | tuple):
        for part in inner:
            _check_plain(field, part, depth + 1)


def _is_text(value: str) -> bool:
    return not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value)


def _known(file: ProgramFile, name: str) -> bool:
    if name not in file.parameters:
        raise unknown(file, name)
    return True


def _value(name: str, schema: Mapping[str, Any], text: str) -> Any:
    for choice in schema.get("enum", ()):
        if text == (choice if isinstance(choice, str) else json.dumps(choice)):
            return choice
    kinds = schema.get("type", ANYTHING)
    kinds = [kinds] if isinstance(kinds, str) else kinds
    for kind in sorted(kinds, key=ANYTHING.index):
        with suppress(ValueError, KeyError):
            return _of_type(kind, text)
    wanted = " or ".join(TYPES[kind] for kind in kinds)
    raise ParametersUnfit(field=name, reason=f"it must be {wanted}, and is {shown(text)}")


def _of_type(kind: str, text: str) -> Any:
    match kind:
        case "string":
            return text
        case "boolean":
            return BOOLEANS[text.strip().lower()]
        case "integer":
            return int(text)
        case "number":
            return int(text) if WHOLE.fullmatch(text) else float(text)
    value = json.loads(text)
    if not isinstance(value, PYTHON_TYPES[kind]):
        raise ValueError(text)  # noqa: TRY004  as what is no JSON at all does
    return value
