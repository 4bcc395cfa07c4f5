"""The options of an analysis: made from the fields of its model, so that they cannot drift from it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from tandem.errors import UsageError
from tandem.tasks.body import TaskBody
from tandem.tasks.catalogue import CATALOGUE


def body_from(task: str | None, given: dict[str, Any] | None, words: Sequence[str]) -> dict[str, Any]:
    """The request's body: what a file gave, and over it what options say."""
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
    return body | dict(_values(CATALOGUE[name], list(words)))


def described(kind: type[TaskBody]) -> Iterator[tuple[str, str]]:
    """Each option with what it takes."""
    for name, field in kind.model_fields.items():
        default = "needed" if field.is_required() else _shown_default(field)
        yield _option(name), "; ".join(filter(None, [field.description, _takes(field), default]))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _values(kind: type[TaskBody], words: list[str]) -> Iterator[tuple[str, Any]]:
    options = {_option(name): field for name, field in kind.model_fields.items()}
    while words:
        option, given, value = words.pop(0).partition("=")
        field = options.get(option)
        if field is None:
            known = f"it has {', '.join(options)}" if options else "it has none"
            raise UsageError(reason=f"{kind.__name__} has no option {option}; {known}")
        if not given:
            if field.annotation is bool and (not words or words[0].startswith("--")):
                value = "true"
            elif not words:
                raise UsageError(reason=f"{option} needs a value")
            else:
                value = words.pop(0)
        yield field.alias or option, _read(field, value)


def _read(field: FieldInfo, text: str) -> Any:
    """Texts as they are, lists by their commas, anything else as JSON; whether it fits is the model's to say."""
    kinds = _kinds(field)
    if list in kinds and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if str in kinds:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _kinds(field: FieldInfo) -> set[Any]:
    """The plain types a field may have; choices count as texts."""
    annotations = [field.annotation, *get_args(field.annotation)]
    return {get_origin(a) or (str if isinstance(a, str) else a) for a in annotations}


def _takes(field: FieldInfo) -> str:
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return "one of " + ", ".join(choices)
    kinds = _kinds(field)
    if list in kinds:
        return "a,b,c"
    if kinds & {str, int, float}:
        return ""
    return "" if bool in kinds else "JSON"


def _shown_default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if isinstance(default, list):
        default = ",".join(map(str, default))
    return f"default {default}" if default and isinstance(default, str | int) else ""
