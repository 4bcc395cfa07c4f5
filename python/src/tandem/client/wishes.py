"""What is asked for, in the words of the API."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from tandem.client.inputs import several
from tandem.client.plain import values_of
from tandem.errors import UsageError

#: How options of Python are called in the API.
NAMES = {"time_limit": "timeLimit", "fan_out": "fanOut", "cpu_hours": "cpuHours", "gpu_hours": "gpuHours"}

#: What may be asked for beside a program and its parameters.
OPTIONS = (
    *("name", "tags", "queue", "priority", "after", "force", "experiment"),
    *("retries", "time_limit", "memory", "cpus"),
    *("arms", "folds", "reduce", "limit"),
)


def among(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The options among the arguments of a call."""
    return {name: arguments[name] for name in OPTIONS if name in arguments}


def job_wish(what: Mapping[str, Any], parameters: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """A job: the program or command, its parameters, and of the options those that were given."""
    wish = {**what, "parameters": dict(parameters), **given(options)}
    if "after" in wish:
        wish["after"] = [getattr(one, "id", one) for one in several_jobs(wish["after"])]
    return wish


def command_wish(command: str | Iterable[str]) -> dict[str, Any]:
    """A command of one's own; a text is split as a shell would. UsageError where no shell would take it."""
    try:
        words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]
    except ValueError as error:
        raise UsageError(reason=f"the command cannot be split into words: {error}") from None
    if not words:
        raise UsageError(reason="the command has no words")
    return {"command": words}


def sweep_wish(program: str, swept: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """A sweep: what has several values spans its space, what has one is fixed."""
    wish = job_wish({"program": program}, options.pop("parameters", None) or {}, **options)
    for name, value in swept.items():
        values = values_of(value)
        if values is None:
            wish["parameters"][name] = value
        elif not values:
            raise UsageError(reason=f"there is no value of '{name}' to sweep over")
        else:
            wish.setdefault("space", {})[name] = values
    if "arms" in wish:
        wish["arms"] = [{name: _list(value) for name, value in arm.items()} for arm in wish["arms"]]
    if isinstance(wish.get("reduce"), str):
        wish["reduce"] = {"program": wish["reduce"]}
    if "limit" in wish:
        wish["limit"] = limit_of(wish["limit"])
    return wish


def limit_of(limit: float | Mapping[str, float]) -> dict[str, float]:
    """A number counts CPU-hours."""
    return given(limit) if isinstance(limit, Mapping) else {"cpuHours": limit}


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that say something, under their names in the API."""
    said = {name: value for name, value in options.items() if value is not None and value is not False}
    return {NAMES.get(name, name): value for name, value in said.items()}


def several_jobs(jobs: Any) -> list[Any]:
    """One job or many, each by itself or by its id."""
    return several(jobs) if isinstance(jobs, str) or hasattr(jobs, "as_source") else list(jobs)


def records_of(cases: Any) -> list[dict[str, Any]]:
    """Cases as dicts; a DataFrame gives its rows."""
    rows = cases.to_dict("records") if hasattr(cases, "to_dict") else cases
    return [dict(row) for row in rows]


def _list(value: Any) -> list[Any]:
    values = values_of(value)
    return [value] if values is None else values
