"""Cell sets that a data set brings along: kept as they are where every part of them holds."""

import json
from collections.abc import Collection
from typing import Any

from tandem.errors import InvalidRequest
from tandem.experiments.cell_sets import CellSets

#: How long the text may be, to begin with and for each cell more, in signs: many times what people's cell sets take.
LONGEST, LONGEST_A_CELL = 16 << 20, 400


def fault_in_cell_sets(text: str, ids: Collection[int]) -> str | None:
    """Why a text cannot be the `cell_sets.json` of cells with these ids; None where it can."""
    if len(text) > LONGEST + LONGEST_A_CELL * len(ids):
        return "they are far longer than those of so many cells"
    try:
        sets = CellSets.from_json(text)
        named = sets.all_ids
        # What JSON does not know would stop whoever reads the file: NaN, and halves of characters.
        json.dumps(sets.classes, allow_nan=False, ensure_ascii=False).encode()
    except (InvalidRequest, RecursionError, ValueError):
        return "they are damaged"
    children = [child for group in sets.classes for child in group.get("children") or ()]
    keys = [entry["key"] for entry in (*sets.classes, *children)]
    if len(set(keys)) < len(keys):
        return "two of them have the same key"
    flat = [*(_is_flat(group, "children") for group in sets.classes), *(_is_flat(one, "cellIds") for one in children)]
    if not all(flat):
        return "they are of another form"
    return None if named <= set(ids) else "they name cells that are not there"


def _is_flat(entry: dict[str, Any], members: str) -> bool:
    """Whether an entry holds texts and numbers alone besides its members, and what people read is text."""
    others = {field: value for field, value in entry.items() if field != members}
    texts = (others.get(field) or "" for field in ("name", "type", "color"))
    return all(isinstance(text, str) for text in texts) and not any(isinstance(v, list | dict) for v in others.values())
