"""The named sets of cells of an experiment, in classes: clusters, samples, metadata tracks, people's own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5
from typing import Any

from tandem.errors import InvalidRequest

#: A class or a set as the file has it.
Entry = dict[str, Any]


@dataclass(frozen=True)
class CellSets:
    """Classes of cell sets as they stand in cell_sets.json. Read once, asked often; nothing here changes them."""

    classes: tuple[Entry, ...]

    @classmethod
    def from_json(cls, text: bytes | str) -> CellSets:
        """Read the file's text, as far as it is used."""
        try:
            classes = json.loads(text)["cellSets"]
            keys = [part["key"] for group in classes for part in (group, *_children(group))]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidRequest(reason="the experiment's cell sets cannot be read: they are damaged") from error
        if not all(isinstance(key, str) for key in keys):
            raise InvalidRequest(reason="the experiment's cell sets have keys that are not text")
        return cls(tuple(classes))

    def ids(self, key: str) -> frozenset[int]:
        """The cells of a set, or of all sets of a class. The key is taken exactly; `class/key` names a set too."""
        if key not in self._ids:
            group, child = self._find(key)
            self._ids[key] = _union(_children(group) if child is None else [child])
        return self._ids[key]

    def siblings_ids(self, key: str) -> frozenset[int]:
        """The cells of the other sets of a set's class; a class has no siblings."""
        group, child = self._find(key)
        return _union(other for other in _children(group) if other is not child) if child is not None else frozenset()

    def children_ids(self, class_key: str) -> list[frozenset[int]]:
        """The cells of each set of a class, in the class's order."""
        return [_cells(child) for child in _children(self._class(class_key))]

    @cached_property
    def all_ids(self) -> frozenset[int]:
        """Every cell that is in a set."""
        return _union(child for group in self.classes for child in _children(group))

    def class_object(self, class_key: str) -> Entry:
        """A class with its sets, as R is told of it."""
        return _told(self._class(class_key))

    def class_objects(self) -> list[Entry]:
        """All classes with their sets, as R is told of them."""
        return [_told(group) for group in self.classes]

    def fingerprint(self) -> str:
        """What is another whenever analyses would see other cell sets; colours make no difference."""
        seen = json.dumps(self.class_objects(), separators=(",", ":"), sort_keys=True)
        return md5(seen.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()

    @cached_property
    def _named(self) -> dict[str, tuple[Entry, Entry | None]]:
        """Each class, and each set with its class, by every name it goes by; of equal names the first is meant."""
        named: dict[str, tuple[Entry, Entry | None]] = {}
        for group in self.classes:
            named.setdefault(group["key"], (group, None))
            for child in _children(group):
                named.setdefault(child["key"], (group, child))
                named.setdefault(f"{group['key']}/{child['key']}", (group, child))
        return named

    @cached_property
    def _ids(self) -> dict[str, frozenset[int]]:
        """What was asked for before."""
        return {}

    def _find(self, key: str) -> tuple[Entry, Entry | None]:
        if key not in self._named:
            raise InvalidRequest(reason=f"there is no cell set '{key}' in this experiment")
        return self._named[key]

    def _class(self, key: str) -> Entry:
        for group in self.classes:
            if group["key"] == key:
                return group
        raise InvalidRequest(reason=f"there is no class of cell sets '{key}' in this experiment")


def _children(group: Entry) -> list[Entry]:
    return group.get("children") or []


def _cells(child: Entry) -> frozenset[int]:
    ids = child.get("cellIds") or []
    if not isinstance(ids, list) or set(map(type, ids)) - {int}:
        raise InvalidRequest(reason=f"the cells of the set '{child['key']}' are not a list of whole numbers")
    return frozenset(ids)


def _union(children: Iterable[Entry]) -> frozenset[int]:
    return frozenset().union(*map(_cells, children))


def _told(group: Entry) -> Entry:
    """What analyses look at; colours and the like stay here."""
    children = [
        {"key": child["key"], "name": child.get("name") or child["key"], "cellIds": child.get("cellIds") or []}
        for child in _children(group)
    ]
    named = {"key": group["key"], "name": group.get("name") or group["key"]}
    return named | {"type": group.get("type") or "cellSets", "children": children}
