"""Why a parameter does not fit, in words."""

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import ValidationError

from tandem.errors import ParametersUnfit
from tandem.jobs.programs.toml import ProgramFile

#: How types are called to people.
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table of names and values",
    "null": "null",
}
#: The longest value that is shown, in characters.
SHOWN = 80


def order(fault: ValidationError) -> tuple[bool, str]:
    """What is given and unknown comes first: it is often why something else is missing."""
    return fault.validator != "additionalProperties", str(fault.json_path)


def unfit(file: ProgramFile, whole: Mapping[str, Any], fault: ValidationError) -> ParametersUnfit:
    """The parameter that does not fit, and why."""
    field = ".".join(map(str, fault.absolute_path))
    if fault.validator == "additionalProperties" and not field:
        return unknown(file, next(name for name in whole if name not in file.parameters))
    if fault.validator == "required" and not field:
        missing = next(name for name in file.parameters if name not in whole)
        return ParametersUnfit(field=missing, reason="it is needed, and has no default")
    return ParametersUnfit(field=field, reason=_in_words(fault))


def _in_words(fault: ValidationError) -> str:
    limit: Any = fault.validator_value
    value = shown(fault.instance)
    match str(fault.validator):
        case "type":
            kinds: list[str] = limit if isinstance(limit, list) else [limit]
            return f"it must be {' or '.join(TYPES[kind] for kind in kinds)}, and is {value}"
        case "minimum":
            return f"it must be at least {limit}, and is {value}"
        case "maximum":
            return f"it must be at most {limit}, and is {value}"
        case "exclusiveMinimum":
            return f"it must be more than {limit}, and is {value}"
        case "exclusiveMaximum":
            return f"it must be less than {limit}, and is {value}"
        case "enum":
            return f"it must be one of {', '.join(map(shown, limit))}, and is {value}"
        case "pattern":
            return f"it must fit the pattern {limit}, and is {value}"
        case _:
            return str(fault.message)


def unknown(file: ProgramFile, name: str) -> ParametersUnfit:
    """There is no such parameter."""
    known = ", ".join(file.parameters) or "none"
    return ParametersUnfit(field=name[:SHOWN], reason=f"{file.name} has no such parameter; it has: {known}")


def shown(value: Any) -> str:
    """A value as people write it, cut short where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
