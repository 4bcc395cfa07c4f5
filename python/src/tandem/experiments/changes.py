"""What a task changes in an experiment's cell sets: a class that takes its older self's place, or one more set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

#: The class of sets that people make themselves, and what it is called where it has to be made.
SCRATCHPAD, SCRATCHPAD_NAME = "scratchpad", "Custom cell sets"
#: Where the keys that are made here come from.
NAMESPACE = UUID("5f0e9f0c-6d3a-4c59-8a53-0d6c3f0a7f11")

Key = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(min_length=1)]


def key_of(*facts: str) -> str:
    """A key that is the same for the same facts, so that what is made again takes the place of what was made before."""
    return str(uuid5(NAMESPACE, "/".join(facts)))


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    def as_json(self) -> dict[str, Any]:
        """As it stands in cell_sets.json."""
        return self.model_dump(by_alias=True, exclude_none=True)


class CellSet(_Part):
    """A named set of cells."""

    key: Key
    name: Name
    root_node: Literal[False] = False
    type: Literal["cellSets"] | None = None
    color: str
    cell_ids: list[Annotated[int, Field(ge=0)]]


class CellClass(_Part):
    """A class of cell sets."""

    key: Key
    name: Name
    root_node: Literal[True] = True
    type: Literal["cellSets"] = "cellSets"
    children: list[CellSet]


@dataclass(frozen=True)
class ReplaceClass:
    """Put a class at the start or the end of all classes, in place of the one with its key, if there is one."""

    cell_class: CellClass
    at: Literal["start", "end"]

    def fitted(self, classes: Sequence[dict[str, Any]]) -> ReplaceClass:  # noqa: ARG002  # fits whatever is there
        """The change that has to be made to these classes."""
        return self

    def applied(self, classes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The classes after the change."""
        others = [group for group in classes if group["key"] != self.cell_class.key]
        new = [self.cell_class.as_json()]
        return new + others if self.at == "start" else others + new


@dataclass(frozen=True)
class InsertSet:
    """Put a set after the others of the scratchpad."""

    cell_set: CellSet

    def fitted(self, classes: Sequence[dict[str, Any]]) -> Change | None:
        """The change that has to be made to these classes: none when the set is there, and a whole class when the
        scratchpad is not, for nobody's set may get lost."""
        scratchpad = next((group for group in classes if group["key"] == SCRATCHPAD), None)
        if scratchpad is None:
            made = CellClass(key=SCRATCHPAD, name=SCRATCHPAD_NAME, children=[self.cell_set])
            return ReplaceClass(made, at="end")
        there = any(child["key"] == self.cell_set.key for child in scratchpad.get("children") or ())
        return None if there else self

    def applied(self, classes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The classes after the change."""
        new = self.cell_set.as_json()
        return [
            group | {"children": [*(group.get("children") or ()), new]} if group["key"] == SCRATCHPAD else group
            for group in classes
        ]


Change = ReplaceClass | InsertSet
