"""The settings that a platform was started with: which part each concerns, and which are others now."""

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices

from tandem.errors import InvalidSetting
from tandem.settings import Settings

#: What a part of the platform is.
Kind = Literal["redis", "r", "worker", "gateway", "runner"]

#: What supervisor's configuration would take for something else.
UNUSABLE = re.compile(r"[\"\x00-\x1f]|\s[;#]|^[;#']|'$")
#: What every part is told anyway, or nobody is to know of the others' settings; and what is for clients alone.
TOLD = {
    *("EXPERIMENT_ID", "TANDEM_HOME", "TANDEM_QUEUE_URL", "TANDEM_STORE_URL", "REDIS_URL", "DATABASE_URL"),
    *("TANDEM_R_URL", "TANDEM_STATUS_FILE", "IGNORE_TIMEOUT", "TANDEM_R_PATIENCE", "TANDEM_GRACE"),
    *("TANDEM_URL", "TANDEM_TOKEN"),
}
OURS: tuple[Kind, ...] = ("gateway", "runner", "worker")
#: By how a setting begins: the parts it concerns. The first that fits counts; what none fits concerns all of ours.
CONCERNS: Mapping[str, tuple[Kind, ...]] = {
    "TANDEM_RUNNER_": ("runner",),
    "TANDEM_COMMANDS": ("gateway", "runner"),
    "TANDEM_URL_": ("gateway", "runner"),
    "TANDEM_PROGRAMS": ("gateway", "runner"),
    "TANDEM_GATEWAY_": ("gateway",),
    "TANDEM_ADMIN_TOKEN": ("gateway",),
    "TANDEM_CORS_ORIGINS": ("gateway",),
    "TANDEM_BODY_": ("gateway",),
    "TANDEM_UPLOAD_": ("gateway",),
    "TANDEM_KILL_BY_GET": ("gateway",),
    "TANDEM_MEMORY_BUDGET": ("gateway",),
    "TANDEM_MODEL": ("gateway", "worker"),
    "AWS_ENDPOINT_URL_BEDROCK": ("gateway", "worker"),
    "TANDEM_COMPRESSION": ("worker",),
    "TIMEOUT": ("worker",),
    "TANDEM_CONCURRENCY": (*OURS, "r"),
    "TANDEM_DATA": (*OURS, "r"),
    "TANDEM_SCRATCH": (*OURS, "r"),
    "LOG_FORMAT": (*OURS, "r"),
}
#: Settings by their names.
Given = Mapping[str, str]


def names() -> set[str]:
    """The names of all settings."""
    return set(_names())


def given_now() -> Given:
    """What is set in our environment and not told to every part anyway. InvalidSetting for what cannot be handed on."""
    found = {name: os.environ[name] for name in sorted(names() - TOLD) if name in os.environ}
    for name, value in found.items():
        if UNUSABLE.search(value):
            shown = "***" if name.endswith(("KEY", "TOKEN")) else value
            raise InvalidSetting(name=name, value=shown, reason='it has a " or a sign that cannot be written')
    return found


def concerned(name: str) -> tuple[Kind, ...]:
    """The parts that a setting concerns."""
    return next((kinds for start, kinds in CONCERNS.items() if name.startswith(start)), OURS)


def of_kind(given: Given, kind: Kind) -> dict[str, str]:
    """The settings that concern parts of a kind."""
    return {name: value for name, value in given.items() if kind in concerned(name)}


def changed(before: Given, now: Given) -> list[str]:
    """The names of settings that are others now."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def restarted(changes: Collection[str]) -> list[Kind]:
    """The kinds of parts that changed settings concern."""
    kinds = {kind for name in changes for kind in concerned(name)}
    return [kind for kind in (*OURS, "r") if kind in kinds]


def remember(given: Given, path: Path) -> None:
    """Keep the settings while the platform runs. There are secrets among them."""
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(dict(given), file)
    aside.replace(path)


def remembered(path: Path) -> Given | None:
    """The settings of the running platform, where they are known."""
    try:
        return {str(name): str(value) for name, value in json.loads(path.read_text()).items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return None


def _names() -> Iterator[str]:
    for field in Settings.model_fields.values():
        match field.validation_alias:
            case AliasChoices(choices=choices):
                yield from (str(choice) for choice in choices)
            case alias:
                yield str(alias)
