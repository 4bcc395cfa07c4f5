"""Cell sets that a data set brings along: those that are kept can be used."""

import json

from fuzz.draw import Draw
from fuzz.target import Target
from fuzz.targets.requests import SETS
from tandem.exchange.given_sets import fault_in_cell_sets
from tandem.experiments.cell_sets import CellSets

WORDS = ("cellSets", "key", "name", "children", "cellIds", "color", "type", "rootNode", "louvain", "louvain-0")
IDS = range(10)


def run(data: bytes) -> None:
    """The text is made of choices for each second input, else whatever the bytes are."""
    draw = Draw(data)
    text = json.dumps(_document(draw)) if draw.flag() else draw.rest().decode("utf-8", "replace")
    if fault_in_cell_sets(text, IDS) is None:
        sets = CellSets.from_json(text)
        json.dumps(sets.class_objects(), ensure_ascii=False, allow_nan=False).encode()
        sets.fingerprint()
        for group in sets.classes:
            sets.children_ids(group["key"])
            sets.siblings_ids(group["key"])


def _document(draw: Draw) -> object:
    """Sound cell sets, in which something was replaced."""
    document = json.loads(json.dumps(SETS))
    for _ in range(1 + draw.upto(2)):
        part = document
        for _ in range(draw.upto(4)):
            inner = list(part.values() if isinstance(part, dict) else part)
            inner = [one for one in inner if isinstance(one, dict | list) and one]
            part = draw.one_of(inner) if inner else part
        place = draw.text(WORDS) if isinstance(part, dict) else draw.upto(len(part) - 1)
        part[place] = draw.value(WORDS)
        if not document:
            break
    return document


def seeds() -> list[bytes]:
    """Sound ones as text, and some choices."""
    return [b"\0" + json.dumps(SETS).encode(), *(bytes([1, 1, depth, 0, 0, 0, 7]) for depth in range(5))]


TARGET = Target(run, seeds)
