"""program.toml: what a program says of itself."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from tandem.errors import ProgramUnsound
from tandem.jobs.programs.units import parse_bytes, parse_seconds
from tandem.records.job import QUEUE

#: The file that makes a folder a program.
FILE = "program.toml"
#: How programs may be called.
NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
#: How deep tables and lists of the file go, and how large its whole numbers are: TOML promises no more than 64 bits.
DEEPEST, LARGEST = 30, 2**63
#: The places that a command may name; no parameter is called so.
PLACES = ("input", "output", "config", "assets", "logs")

Name = Annotated[str, StringConstraints(pattern=NAME)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]*$")]
Bytes = Annotated[int, BeforeValidator(parse_bytes)]
Seconds = Annotated[float, BeforeValidator(parse_seconds)]
#: What a failed attempt is tried again for. After a lost runner it is also where `retries` allows none.
Retried = Literal["lost", "failure", "timeout", "memory"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Inputs(_Table):
    """What a user must give."""

    #: Globs, each of which must match one of the files.
    files: Annotated[tuple[Word, ...], Field(strict=False)] = ()
    #: The folder in the program with inputs to try it on.
    example: Word | None = None


class ProgramFile(_Table):
    """The content of program.toml, with durations in seconds and sizes in bytes."""

    name: Name
    version: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "1"
    description: Annotated[str, StringConstraints(max_length=4000)] = ""
    command: Annotated[tuple[Word, ...], Field(strict=False, min_length=1, max_length=1000)]
    config: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(json|yaml|yml)$")] = (
        "config.json"
    )
    queue: Annotated[str, StringConstraints(pattern=f"^{QUEUE}$")] = "default"
    cpus: Annotated[float, Field(gt=0, le=10_000)] = 1
    memory_bytes: Annotated[Bytes, Field(alias="memory")] = 1_000_000_000
    disk_bytes: Annotated[Bytes, Field(alias="disk")] = 10_000_000_000
    gpus: Annotated[int, Field(ge=0, le=1000)] = 0
    time_limit_s: Annotated[Seconds, Field(alias="time_limit")] = 3600
    grace_s: Annotated[Seconds, Field(alias="grace")] = 5
    retries: Annotated[int, Field(ge=0, le=100)] = 0
    retry_on: Annotated[tuple[Retried, ...], Field(strict=False)] = ("lost",)
    retry_pause_s: Annotated[Seconds, Field(alias="retry_pause")] = 5
    max_parallel: Annotated[int, Field(ge=1)] | None = None
    network: bool = False
    experiment: bool = False
    image: Word | None = None
    results: Annotated[tuple[Word, ...], Field(strict=False)] = ()
    returns: dict[Literal["cell_sets"], Word] = {}
    environment: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], Word | Literal[""]] = {}
    inputs: Inputs = Inputs()
    parameters: dict[str, dict[str, Any]] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, schema in self.parameters.items():
            _check_parameter(name, schema)
        if self.returns and not self.experiment:
            raise ValueError("returns: only a program that reads an experiment (experiment = true) returns something")
        return self


def _check_parameter(name: str, schema: dict[str, Any]) -> None:
    if not PARAMETER.fullmatch(name):
        raise ValueError(f"parameters.{name}: a parameter's name has letters, digits, '_' and '-', 63 at most")
    if name in PLACES:
        raise ValueError(f"parameters.{name}: '{name}' is a place in commands, so no parameter is called so")
    try:
        text = json.dumps(schema, allow_nan=False)
        Draft202012Validator.check_schema(schema)
    except (TypeError, ValueError):
        raise ValueError(f"parameters.{name}: it holds dates or numbers that JSON does not have") from None
    except (OverflowError, RecursionError):  # which reading its patterns may end in
        raise ValueError(f"parameters.{name}: its pattern is too large or nested too deep") from None
    except SchemaError as error:
        place = ".".join(map(str, error.absolute_path))
        reason = f"it is not a JSON Schema: {place + ': ' if place else ''}{error.message}"
        raise ValueError(f"parameters.{name}: {reason}") from None
    if '"$ref"' in text or '"$dynamicRef"' in text:
        raise ValueError(f"parameters.{name}: it must not refer to another schema; write out what is meant")


def read(path: Path) -> ProgramFile:
    """The file, or ProgramUnsound with the line and the reason."""
    name = path.parent.name
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unsound(name, f"{FILE} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _unsound(name, f"{FILE} is not a text in UTF-8") from None
    return parse(text, name)


def parse(text: str, name: str) -> ProgramFile:
    """The text of the file in the folder `name`, or ProgramUnsound with the line and the reason."""
    try:
        given = tomllib.loads(text)
        _check_sizes(given)
    except RecursionError:
        raise _unsound(name, f"{FILE} is nested too deep") from None
    except ValueError as error:
        raise _unsound(name, f"{FILE} is no TOML: {error}") from None
    try:
        file = ProgramFile.model_validate(given)
    except ValidationError as error:
        raise _unsound(name, _in_words(error, text)) from None
    if file.name != name:
        reason = f"{FILE}, line {_line(text, ['name'])}: name is '{file.name}', and its folder is called '{name}'"
        raise _unsound(name, reason)
    return file


def _check_sizes(value: object, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        raise ValueError("it holds a whole number of more than 64 bits")
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(inner, str) and isinstance(inner, Iterable):
        for part in inner:
            _check_sizes(part, depth + 1)


def _unsound(name: str, reason: str) -> ProgramUnsound:
    return ProgramUnsound(program=name, field="program", reason=reason)


def _in_words(error: ValidationError, text: str) -> str:
    found = error.errors()[0]
    place = [str(part) for part in found["loc"] if part != "[key]"]
    said = str(found["ctx"]["error"]) if found["type"] == "value_error" else _said(found)
    if not place:  # what does not fit together says its own place
        dotted, _, said = said.partition(": ")
        place = dotted.split(".")
    line = _line(text, place)
    return f"{FILE}{f', line {line}' if line else ''}: {'.'.join(place)}: {said}"


def _said(found: Mapping[str, Any]) -> str:
    match found["type"]:
        case "extra_forbidden":
            return "there is no such key; docs/programs.md lists those there are"
        case "missing":
            return "it is missing"
        case "too_short":
            return "it should not be empty"
        case "string_pattern_mismatch":
            return f"'{found['input']}' does not fit the pattern {found['ctx']['pattern']}"
        case _:
            said = str(found["msg"]).replace("Input should", "it should").replace("tuple", "list")
            return f"{said}, and is {found['input']!r}"[:300]


def _line(text: str, place: Sequence[str]) -> int | None:
    """The line (from 1) where the place, or as much as there is of it, stands in the text."""
    best, line, table = 0, None, []
    for number, content in enumerate(text.splitlines(), 1):
        content = content.strip()
        if content.startswith("["):
            table = _parts(content.split("#")[0].strip().strip("[]"))
            here = table
        else:
            here = [*table, *_parts(content.partition("=")[0])]
        same = next((at for at, (one, other) in enumerate(zip(here, place, strict=False)) if one != other), None)
        same = min(len(here), len(place)) if same is None else same
        if same > best and same == len(here):
            best, line = same, number
    return line


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
