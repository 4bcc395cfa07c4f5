"""The operations of json-merger that clients change cell sets with, carried out one after another. What an operation
does not touch stays the very same object, so that whoever checks the outcome need not look at it again."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tandem.errors import InvalidRequest

#: A class or a set.
Entry = dict[str, Any]

#: The one kind of query that clients send: the entry with this key.
QUERY = re.compile(r'\$\[\?\(\s*@\.key\s*={2,3}\s*("(?:[^"\\]|\\.)*")\s*\)\]')
#: The place behind the last entry.
END = "-"
#: The list of a class that operations reach into; every other list is a value.
CHILDREN = "children"
#: How many entries all operations together may look at: what people send looks at a few thousand.
MOST_LOOKS = 10_000_000


class _Patience:
    """How many entries may still be looked at."""

    left = MOST_LOOKS

    def spend(self, looks: int) -> None:
        self.left -= looks
        if self.left < 0:
            raise InvalidRequest(reason="these are too many changes at once; send them in several requests")


def merged(entries: Sequence[Entry], operations: object) -> list[Entry]:
    """The entries after the operations. InvalidRequest, in words, for one that cannot be carried out."""
    return _merged(entries, operations, _Patience())


def _merged(entries: Sequence[Entry], operations: object, patience: _Patience) -> list[Entry]:
    if not isinstance(operations, list):
        raise InvalidRequest(reason="changes of cell sets are a list of operations")
    changed = list(entries)
    for operation in operations:
        patience.spend(len(changed) + 1)
        _carry_out(operation, changed, patience)
    return changed


def _carry_out(operation: object, entries: list[Entry], patience: _Patience) -> None:
    match operation:
        case {"$match": {"query": query, "value": value, **more}, **rest} if not (more or rest):
            _match(query, value, entries, patience)
        case {"$append": dict() as entry, **rest} if not rest:
            entries.append(_new(entry))
        case {"$prepend": dict() as entry, **rest} if not rest:
            entries.insert(0, _new(entry))
        case {"$insert": {"index": index, "value": dict() as entry, **more}, **rest} if not (more or rest):
            entries.insert(_place(index, len(entries)), _new(entry))
        case _:
            raise InvalidRequest(
                reason=f"{_shown(operation)} is no operation on cell sets; known are $match with query and value, "
                "$append, $prepend, and $insert with index and value"
            )


def _match(query: object, value: object, entries: list[Entry], patience: _Patience) -> None:
    """Change the entries of a key. What nobody finds can only be removed: other changes of it would be lost."""
    key = _key(query)
    found = [place for place, entry in enumerate(entries) if entry.get("key") == key]
    match value:
        case {"$remove": True, **rest} if not rest:
            entries[:] = [entry for entry in entries if entry.get("key") != key]
            return
        case dict():
            pass
        case _:
            raise InvalidRequest(reason=f"the value of a $match is an object, not {_shown(value)}")
    if not found:
        raise InvalidRequest(reason=f"there is no cell set '{key}' to change")
    match value:
        case {"$move": index, **rest} if not rest:
            entry = entries.pop(found[0])
            entries.insert(_place(index, len(entries)), entry)
        case _:
            for place in found:
                entries[place] = _with(entries[place], value, patience)


def _with(entry: Entry, changes: Mapping[str, Any], patience: _Patience) -> Entry:
    """An entry with other values; of its children those that operations name."""
    _refuse_operations(changes)
    values = {name: value for name, value in changes.items() if name != CHILDREN}
    if CHILDREN in changes:
        children = entry.get(CHILDREN) or []
        patience.spend(len(children) if isinstance(children, list) else 0)
        if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
            raise InvalidRequest(reason=f"the children of {_shown(entry.get('key'))} are no list of cell sets")
        values[CHILDREN] = _merged(children, changes[CHILDREN], patience)
    return entry | values


def _new(entry: Entry) -> Entry:
    _refuse_operations(entry)
    return entry


def _refuse_operations(entry: Mapping[str, Any]) -> None:
    """An operation in the wrong place would end up in the file as if it were a value."""
    for name, value in entry.items():
        inner = [inner for inner in value if isinstance(inner, str)] if isinstance(value, dict) else []
        wrong = next((word for word in (name, *inner) if word.startswith("$")), None)
        if wrong is not None:
            raise InvalidRequest(reason=f"'{wrong}' cannot stand within a cell set")


def _key(query: object) -> str:
    found = QUERY.fullmatch(query) if isinstance(query, str) else None
    try:
        key = str(json.loads(found[1])) if found else _refuse(query)
        key.encode()  # which half a character has not
    except ValueError:
        return _refuse(query)
    return key


def _refuse(query: object) -> str:
    raise InvalidRequest(reason=f'{_shown(query)} is no query for a cell set; one is $[?(@.key == "louvain")]')


def _place(index: object, length: int) -> int:
    if index == END:
        return length
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise InvalidRequest(reason=f"the index {_shown(index)} is neither a number from 0 on nor '{END}'")
    return min(index, length)


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
