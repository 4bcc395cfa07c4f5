"""The cell sets of an experiment as one document that is read and changed whole."""

import json
from collections.abc import Callable
from typing import Any, Protocol

from tandem.errors import CellSetsUnusable

#: What a file of cell sets holds: `cellSets`, a list of classes, and whatever else its writer put there.
Document = dict[str, Any]
#: Makes another document of one, or None where nothing is to be changed; the one it gets stays as it is.
Edit = Callable[[Document], Document | None]


class CellSetsDocument(Protocol):
    """One experiment's cell sets. Any number of processes may read and change them at once; nothing gets lost."""

    def state(self) -> str:
        """What is another with every change, found without reading."""

    def read(self) -> bytes:
        """The text."""

    def edit(self, change: Edit, *, seconds: float) -> None:
        """Change the document, waiting so long for others who do. CellSetsUnavailable if another try may help,
        CellSetsUnusable if it would not; what `change` raises, with nothing changed."""


def read_document(text: bytes, place: object) -> Document:
    """The document, which has keys for all its classes and sets. CellSetsUnusable for anything else."""
    try:
        document: Document = json.loads(text)
        keys = [part["key"] for group in document["cellSets"] for part in (group, *(group.get("children") or ()))]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CellSetsUnusable(reason=f"{place} does not hold cell sets") from error
    if not isinstance(document["cellSets"], list) or not all(isinstance(key, str) for key in keys):
        raise CellSetsUnusable(reason=f"{place} does not hold a list of cell sets with keys")
    return document


def written(document: Document) -> bytes:
    """The document's text."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
