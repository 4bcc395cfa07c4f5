"""The options of an analysis: made from the fields of its model, so that they cannot drift from it."""

import json
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from tandem.errors import UsageError
from tandem.tasks.body import TaskBody
from tandem.tasks.catalogue import CATALOGUE
from tandem.tasks.request import Pagination

#: What is given as it is, without being JSON.
PLAIN = {str, int, float, bool}


class Asked(NamedTuple):
    """What somebody asks for: the request's body, and the rows of its table where only some are wanted."""

    body: dict[str, Any]
    pagination: dict[str, Any] | None = None


def asked(task: str | None, given: dict[str, Any] | None, words: Sequence[str]) -> Asked:
    """The body is what a file gave, and over it what options say."""
    body = dict(given or {})
    if task is not None:
        body["name"] = task
    name = body.get("name")
    if name not in CATALOGUE:
        raise UsageError(
            reason=f"there is no analysis '{name}'; there is {', '.join(CATALOGUE)}"
            if name is not None
            else f"say which analysis is wanted, one of {', '.join(CATALOGUE)}"
        )
    kind = CATALOGUE[name]
    values = dict(_values(kind, list(words)))
    return Asked(body | _told(kind.model_fields, values), _told(_page_fields(kind), values) or None)


def described(kind: type[TaskBody]) -> Iterator[tuple[str, str]]:
    """Each option with what it takes."""
    for name, field in (kind.model_fields | _page_fields(kind)).items():
        default = "needed" if field.is_required() else _shown_default(field)
        yield _option(name), "; ".join(filter(None, [field.description, _takes(field), default]))


def _page_fields(kind: type[TaskBody]) -> dict[str, FieldInfo]:
    """The fields of the request's pagination, for those whose table heeds it."""
    return Pagination.model_fields if kind.paged else {}


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _told(fields: dict[str, FieldInfo], values: dict[str, Any]) -> dict[str, Any]:
    """The values of these fields, under the names that they have in a message."""
    return {field.alias or name: values[name] for name, field in fields.items() if name in values}


def _values(kind: type[TaskBody], words: list[str]) -> Iterator[tuple[str, Any]]:
    """The fields that options name, with what they say."""
    options = {_option(name): (name, field) for name, field in (kind.model_fields | _page_fields(kind)).items()}
    while words:
        option, given, value = words.pop(0).partition("=")
        if option not in options:
            known = f"it has {', '.join(options)}" if options else "it has none"
            raise UsageError(reason=f"{kind.__name__} has no option {option}; {known}")
        name, field = options[option]
        if not given:
            if field.annotation is bool and (not words or words[0].startswith("--")):
                value = "true"
            elif not words:
                raise UsageError(reason=f"{option} needs a value")
            else:
                value = words.pop(0)
        yield name, _read(field, value)


def _read(field: FieldInfo, text: str) -> Any:
    """Texts as they are, lists by their commas, anything else as JSON; whether it fits is the model's to say."""
    kinds, items = _kinds(field.annotation), _kinds_of_items(field)
    if items & PLAIN and not text.startswith("["):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return parts if str in items else [_json(part) for part in parts]
    return text if str in kinds else _json(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kinds(annotation: Any) -> set[Any]:
    """The types that a value may have; a choice is a text."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return set().union(*map(_kinds, parts))
    if origin is Annotated:
        return _kinds(parts[0])
    return {str} if origin is Literal else {origin or annotation}


def _kinds_of_items(field: FieldInfo) -> set[Any]:
    """The types that an item may have, where the value is a list."""
    return _kinds(get_args(field.annotation)[0]) if get_origin(field.annotation) is list else set()


def _takes(field: FieldInfo) -> str:
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return "one of " + ", ".join(choices)
    if _kinds_of_items(field) & PLAIN:
        return "a,b,c"
    return "" if _kinds(field.annotation) & PLAIN else "JSON"


def _shown_default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if isinstance(default, list):
        default = ",".join(map(str, default))
    return f"default {default}" if default and isinstance(default, str | int) else ""
