"""Changes of cell sets as clients send them by PATCH, and whether what comes of them can be read again."""

import json
from pathlib import Path
from typing import Any

from fuzz.draw import Draw
from fuzz.target import Target, only
from tandem.experiments.cell_sets import CellSets
from tandem.experiments.document import read_document, written
from tandem.experiments.merger import merged
from tandem.experiments.soundness import check
from tandem.tasks.request import decode_value

GOLDENS = json.loads((Path(__file__).parents[2] / "unit/goldens/json_merger.json").read_text(encoding="utf-8"))
BEFORE = GOLDENS["before"]
KEYS = ("louvain", "c0", "scratchpad", "new", "newer", r"\ud800", '"', "\\")
WORDS = (
    "$match", "$append", "$prepend", "$insert", "$remove", "$move", "query", "value", "index", "-", "children", "key",
    "name", "color", "cellIds", "type", "rootNode", *KEYS, *(f'$[?(@.key == "{key}")]' for key in KEYS),
)  # fmt: skip


def run(data: bytes) -> None:
    """The operations are made of choices for each second input, else the bytes are their text."""
    draw = Draw(data)
    text = json.dumps([_operation(draw) for _ in range(draw.upto(6))]).encode() if draw.flag() else draw.rest()
    with only():
        after = merged(BEFORE, decode_value(text))
        check(BEFORE, after)
        document = read_document(written({"cellSets": after}), "it")
        sets = CellSets.from_json(json.dumps(document))
        sets.fingerprint()
        assert len(sets.all_ids) <= len(text)


def _operation(draw: Draw, depth: int = 3) -> Any:
    query = f'$[?(@.key == "{draw.text(KEYS)}")]'
    match draw.upto(7 if depth else 5):
        case 0:
            return {"$append": _entry(draw)}
        case 1:
            return {"$prepend": _entry(draw)}
        case 2:
            return {"$insert": {"index": draw.value(("-",), 0), "value": _entry(draw)}}
        case 3:
            return {"$match": {"query": query, "value": {draw.one_of(("$remove", "$move")): draw.value(WORDS, 1)}}}
        case 4:
            return {"$match": {"query": query, "value": _entry(draw)}}
        case 5:
            return draw.value(WORDS)
    inner = [_operation(draw, depth - 1) for _ in range(draw.upto(3))]
    return {"$match": {"query": query, "value": {"children": inner}}}


def _entry(draw: Draw) -> Any:
    entry = {"key": draw.text(KEYS), "name": "Name", "color": "#aabbcc", "cellIds": [0, 5]}
    for _ in range(draw.upto(3)):
        entry[draw.text(WORDS)] = draw.value(WORDS, 3)
    if draw.flag():
        entry["children"] = draw.value(WORDS, 2)
    return entry


def seeds() -> list[bytes]:
    """The operations of the goldens, and some choices."""
    cases = (json.dumps(case["operations"]).encode() for case in GOLDENS["cases"])
    return [*(b"\0" + text for text in cases), *(bytes([1, 2, kind, 0, 3, 0, 0]) * 3 for kind in range(8))]


TARGET = Target(run, seeds)
