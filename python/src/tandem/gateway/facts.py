"""What the files of an experiment tell of it, read again only when they have changed."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tandem.errors import InvalidRequest
from tandem.experiments.cell_sets import CellSets
from tandem.experiments.source import CELL_SETS_FILE, DATASET_FILE

IMPORT_FILE = "import.json"
#: An r.rds that is so much newer than import.json was put there by somebody else, in seconds; copies need a while.
COPY_S = 60.0
#: The classes of cell sets that hold the clusters and the samples.
CLUSTERS, SAMPLES = "louvain", "sample"

T = TypeVar("T")


@dataclass(frozen=True)
class Facts:
    """What is known of an experiment; None where nothing is."""

    name: str | None = None
    cells: int | None = None
    genes: int | None = None
    samples: int | None = None
    clusters: int | None = None
    species: str | None = None
    imported_at: datetime | None = None


class Files:
    """What the files of many experiments tell."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, str], tuple[object, Any]] = {}

    def facts(self, folder: Path) -> Facts:
        """What is told by the import that made an experiment, and by its cell sets since they were changed."""
        times = tuple(_changed(folder / name) for name in (IMPORT_FILE, DATASET_FILE, CELL_SETS_FILE))
        return self._once(folder, "facts", times, lambda: _facts(folder, *times))

    def size(self, folder: Path) -> int:
        """The bytes of all its files."""
        times = tuple(_changed(place) for place in (folder, folder / "store", folder / "store" / "kept"))
        return self._once(folder, "size", times, lambda: sum(_sizes(folder)))

    def _once(self, folder: Path, what: str, state: object, find: Callable[[], T]) -> T:
        known = self._known.get((folder, what))
        if known is None or known[0] != state:
            known = self._known[folder, what] = (state, find())
        found: T = known[1]
        return found


def _facts(folder: Path, imported: float, dataset: float, cell_sets: float) -> Facts:
    told = _read_import(folder) if dataset <= imported + COPY_S else {}
    facts = Facts(
        name=_text(told.get("name")),
        cells=_number(told.get("cells")),
        genes=_number(told.get("genes")),
        samples=len(told["samples"]) if isinstance(told.get("samples"), dict) else None,
        clusters=_number(told.get("clusters")),
        species=_text(told.get("species")),
        imported_at=_moment(told.get("date")),
    )
    if told and cell_sets <= imported:
        return facts
    return _as_cell_sets_tell(folder, facts)


def _as_cell_sets_tell(folder: Path, facts: Facts) -> Facts:
    """The facts with what cell sets that are newer than them, or all there is, say."""
    try:
        sets = CellSets.from_json((folder / CELL_SETS_FILE).read_bytes())
        cells = facts.cells if facts.cells is not None else len(sets.all_ids) or None
    except (OSError, InvalidRequest):
        return replace(facts, clusters=None)
    children = {group["key"]: len(group.get("children") or ()) for group in sets.classes}
    samples = facts.samples if facts.samples is not None else children.get(SAMPLES)
    return replace(facts, cells=cells, samples=samples, clusters=children.get(CLUSTERS))


def _read_import(folder: Path) -> dict[str, Any]:
    try:
        told = json.loads((folder / IMPORT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _text(value: object) -> str | None:
    """Text that can be sent on."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and value.strip() else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _changed(path: Path) -> float:
    """When a file or folder was changed; before everything else where it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _sizes(folder: Path) -> Iterator[int]:
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
