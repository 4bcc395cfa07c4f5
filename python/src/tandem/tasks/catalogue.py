"""The one table of tasks: every TaskBody in tandem.tasks.analyses, by name."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from pydantic import ValidationError

from tandem.errors import InvalidRequest, UnknownTask
from tandem.tasks import analyses
from tandem.tasks.body import TaskBody
from tandem.tasks.request import refuse


def _collect() -> dict[str, type[TaskBody]]:
    modules = (import_module(f"{analyses.__name__}.{module.name}") for module in iter_modules(analyses.__path__))
    found = (thing for module in modules for thing in vars(module).values())
    bodies = (t for t in found if isinstance(t, type) and issubclass(t, TaskBody) and t is not TaskBody)
    return {body.__name__: body for body in sorted(bodies, key=lambda body: body.__name__)}


CATALOGUE = _collect()


def changes_cell_sets(task: str) -> bool:
    """Whether what a task finds is a change of cell sets, and no result to keep."""
    return task in CATALOGUE and not CATALOGUE[task].cacheable


def read_body(body: dict[str, Any]) -> TaskBody:
    """The task that a request's body names, with its parameters checked."""
    name = body.get("name")
    if name is None:
        raise InvalidRequest(reason="its body names no task")
    if not isinstance(name, str) or name not in CATALOGUE:
        raise UnknownTask(task=str(name)[:100], known=", ".join(CATALOGUE))
    try:
        return CATALOGUE[name].model_validate(body)
    except ValidationError as error:
        refuse(error)
