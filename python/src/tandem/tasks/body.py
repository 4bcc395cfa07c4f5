"""What every analysis in the catalogue has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from tandem.experiments.cell_sets import CellSets
from tandem.experiments.changes import Change
from tandem.models.base import LanguageModel
from tandem.tasks.request import WorkRequest

#: The ETag of a request's result, by the request's body; None where that is not in the store.
Stored = Callable[[Mapping[str, Any]], str | None]


def _unheard(message: str, step: int, total: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Context:
    """What a task may look at and use, before R is asked and after it has answered."""

    request: WorkRequest
    #: The cell sets as they were when this request first asked for them.
    cell_sets: Callable[[], CellSets]
    #: The experiment's folder, as R sees it too.
    folder: Path = Path()
    #: The language model, if one is configured.
    model: LanguageModel | None = None
    #: Tells the client how far the work is: words, step, number of steps.
    progress: Callable[[str, int, int], None] = _unheard
    #: A stored result by its ETag; None where there is none (any more).
    result: Callable[[str], Any] = lambda _: None


class TaskBody(BaseModel):
    """The `body` of a work request; the class's name is the task's, its fields are check, schema and documentation.

    `class GetNUmis(TaskBody, route="getNUmis")` puts a task into the catalogue; `cacheable=False` says that its
    result is no object to keep but what it changes, `paged=True` that its table heeds the request's pagination,
    `cell_sets=True` that it looks at the cell sets, so that its result has another name when they change, and
    `file="name.csv.gz"` that its result is a file to be saved so; `{experiment}` in it stands for the experiment.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    #: The name under /v0/ in the R service.
    route: ClassVar[str]
    cacheable: ClassVar[bool]
    paged: ClassVar[bool]
    by_cell_sets: ClassVar[bool]
    file: ClassVar[str | None]

    def __init_subclass__(
        cls,
        *,
        route: str,
        cacheable: bool = True,
        paged: bool = False,
        cell_sets: bool = False,
        file: str | None = None,
        **model_settings: Any,
    ) -> None:
        super().__init_subclass__(**model_settings)
        cls.route = route
        cls.cacheable = cacheable
        cls.paged = paged
        cls.by_cell_sets = cell_sets
        cls.file = file

    def looks_at_cell_sets(self) -> bool:
        """Whether what is asked depends on the cell sets."""
        return self.by_cell_sets

    def with_layout(self, body: Mapping[str, Any], stored: Stored) -> Mapping[str, Any]:  # noqa: ARG002  # for those that build on one
        """The request's body with the ETag of the layout that the task builds on, where `stored` knows the result of
        such a request for a layout."""
        return body

    def r_request(self, context: Context) -> dict[str, Any]:  # noqa: ARG002  # for the tasks that look around
        """What R gets; as it came, unless the task says otherwise."""
        return self.model_dump(by_alias=True)

    def changes(self, answer: bytes, context: Context) -> Sequence[Change]:  # noqa: ARG002  # for those that have some
        """What R's answer to a task that is not cacheable changes in the cell sets, in this order."""
        return ()
