"""A program's command, with the places and parameters of one run filled in."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tandem.errors import ProgramUnsound
from tandem.jobs.programs.toml import PLACES, ProgramFile

#: `{name}` stands for something; `{{` and `}}` are braces.
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_-]*)\}")


def filled(command: Sequence[str], places: Mapping[str, str], parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The words to run. ProgramUnsound where one names what there is not."""
    values = {**{name: as_word(value) for name, value in parameters.items()}, **places}

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        if found[1] not in values:
            raise ProgramUnsound(program=command[0], field="command", reason=f"nothing is called {found[0]} here")
        return values[found[1]]

    return tuple(PLACEHOLDER.sub(value, word) for word in command)


def unknown_placeholders(file: ProgramFile) -> list[str]:
    """The names in the command that are neither places nor declared parameters."""
    known = {*PLACES, *file.parameters}
    names = (found[1] for word in file.command for found in PLACEHOLDER.finditer(word))
    return [name for name in dict.fromkeys(names) if name and name not in known]


def as_word(value: Any) -> str:
    """A parameter's value as a word of a command: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
