"""What every analysis in the catalogue has."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from tandem.experiments.cell_sets import CellSets
from tandem.tasks.request import WorkRequest


@dataclass(frozen=True)
class Context:
    """What a task may look at while it prepares its request to R."""

    request: WorkRequest
    cell_sets: Callable[[], CellSets]


class TaskBody(BaseModel):
    """The `body` of a work request; the class's name is the task's, its fields are check, schema and documentation.

    `class GetNUmis(TaskBody, route="getNUmis")` puts a task into the catalogue; `cacheable=False` says that its
    result is an effect and not an object to keep.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    #: The name under /v0/ in the R service.
    route: ClassVar[str]
    cacheable: ClassVar[bool]

    def __init_subclass__(cls, *, route: str, cacheable: bool = True, **model_settings: Any) -> None:
        super().__init_subclass__(**model_settings)
        cls.route = route
        cls.cacheable = cacheable

    def r_request(self, context: Context) -> dict[str, Any]:  # noqa: ARG002  # for the tasks that look around
        """What R gets; as it came, unless the task says otherwise."""
        return self.model_dump(by_alias=True)
