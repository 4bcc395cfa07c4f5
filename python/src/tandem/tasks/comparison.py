"""Which cells are compared with which: the named sets of a request, resolved to ids."""

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator

from tandem.errors import TaskFailed
from tandem.experiments.cell_sets import CellSets

#: What may stand for a set. These are whole words: a set may be called "size-small" or "rested".
ALL, BACKGROUND, REST = "all", "background", "rest"

#: The set that a comparison stays within; clients leave it empty in one way or another where every cell takes part.
Basis = Annotated[str, BeforeValidator(lambda value: ALL if value in (None, "", []) else value)]


class Sides(NamedTuple):
    """The cells of both sides, ascending. No cell is on both, and neither side is empty."""

    base: list[int]
    background: list[int]


def sides(cell_sets: CellSets, cell_set: str, compare_with: str, basis: str) -> Sides:
    """The cells of a set and those it is compared with, as far as they are in the basis.

    `compare_with` is a set, the "rest" of the first set's class, or the "background" of all other cells.
    INVALID_INPUT where a side is empty.
    """
    base, background = cell_sets.ids(cell_set), _opposite(cell_sets, cell_set, compare_with)
    if compare_with in (BACKGROUND, ALL):
        background -= base
    else:
        base, background = base - background, background - base
    if basis != ALL:
        within = cell_sets.ids(basis)
        base, background = base & within, background & within
    return Sides(_some(base, "1st"), _some(background, "2nd"))


def _opposite(cell_sets: CellSets, cell_set: str, compare_with: str) -> frozenset[int]:
    if compare_with in (BACKGROUND, ALL):
        return cell_sets.all_ids
    return cell_sets.siblings_ids(cell_set) if compare_with == REST else cell_sets.ids(compare_with)


def _some(cells: frozenset[int], which: str) -> list[int]:
    if not cells:
        # Existing clients know this sentence as it is.
        raise TaskFailed(error_code="INVALID_INPUT", user_message=f"No cell id fullfills the {which} cell set.")
    return sorted(cells)
