"""Layouts that were computed before, as other analyses take them up again."""

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from tandem.tasks.body import Context
from tandem.tasks.request import ETAG_PATTERN

log = logging.getLogger(__name__)

#: The name of a layout's result.
LayoutETag = Annotated[str, Field(pattern=ETAG_PATTERN)]
Coordinate = Annotated[float, Field(allow_inf_nan=False)]
#: A point for each cell id, none for cells that were filtered.
Layout = list[tuple[Coordinate, Coordinate] | None]

# Results of other programs may have an empty list for a cell that was filtered.
_STORED: TypeAdapter[list[Any]] = TypeAdapter(list[tuple[Coordinate, Coordinate] | tuple[()] | None])


def layout_request(method: str, *, use_saved: bool, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body that clients ask for a layout with, whose ETag names it."""
    return {"name": "GetEmbedding", "type": method, "useSaved": use_saved, "config": config or {}}


def stored_layout(context: Context, etag: str | None) -> Layout | None:
    """The layout of that name; None where there is none, or none any more, and R is to compute it."""
    found = context.result(etag) if etag is not None else None
    if found is None:
        return None
    try:
        return [point or None for point in _STORED.validate_python(found)]
    except ValidationError:
        log.warning("the result %s is no layout, so the layout is computed", etag)
        return None
