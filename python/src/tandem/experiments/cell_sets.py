"""The named sets of cells of an experiment, in classes: clusters, samples, metadata tracks, people's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tandem.errors import InvalidRequest


@dataclass(frozen=True)
class CellSets:
    """Classes of cell sets as they stand in cell_sets.json."""

    classes: tuple[dict[str, Any], ...]

    @classmethod
    def from_json(cls, text: bytes | str) -> CellSets:
        """Read the file's text, as far as it is used."""
        try:
            classes = json.loads(text)["cellSets"]
            keys = [part["key"] for group in classes for part in (group, *group.get("children", ()))]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidRequest(reason=f"the experiment's cell sets cannot be read ({error!r})") from error
        if not all(isinstance(key, str) for key in keys):
            raise InvalidRequest(reason="the experiment's cell sets have keys that are not text")
        return cls(tuple(classes))

    @cached_property
    def _by_key(self) -> dict[str, frozenset[int]]:
        sets: dict[str, frozenset[int]] = {}
        for group in self.classes:
            children = [frozenset(child.get("cellIds", ())) for child in group.get("children", ())]
            for child, ids in zip(group.get("children", ()), children, strict=True):
                sets[child["key"]] = ids
            sets[group["key"]] = frozenset().union(*children)
        return sets

    def ids(self, key: str) -> frozenset[int]:
        """The cells of a set, or of all sets of a class. The key is taken exactly; `class/key` names a set too."""
        found = self._by_key.get(key, self._by_key.get(key.rpartition("/")[2]))
        if found is None:
            raise InvalidRequest(reason=f"there is no cell set '{key}' in this experiment")
        return found

    def children_ids(self, class_key: str) -> list[frozenset[int]]:
        """The cells of each set of a class, in the class's order."""
        for group in self.classes:
            if group["key"] == class_key:
                return [self._by_key[child["key"]] for child in group.get("children", ())]
        raise InvalidRequest(reason=f"there is no class of cell sets '{class_key}' in this experiment")
