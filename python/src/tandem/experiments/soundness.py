"""Whether changed cell sets may take the place of those before."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from tandem.errors import InvalidRequest
from tandem.experiments.merger import Entry

Key = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True)

    key: Key
    name: Name


class _Class(_Entry):
    children: list[Any] = []


class _Set(_Entry):
    color: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class _Cells(BaseModel):
    model_config = ConfigDict(strict=True)

    cell_ids: Annotated[list[Annotated[int, Field(ge=0, le=2**31 - 1)]], Field(alias="cellIds")]


def check(before: Sequence[Entry], after: Sequence[Entry]) -> None:
    """InvalidRequest, in words, for what a change has made wrong. What it did not touch is not looked at: it may be
    large, and a fault that came with the experiment must not keep people from their own sets."""
    known = {id(part) for group in before for part in (group, *_children(group))}
    known_cells = {id(child.get("cellIds")) for group in before for child in _children(group)}
    for group in after:
        if id(group) in known:
            continue
        _hold(_Class, group)
        for child in _children(group):
            if id(child) not in known:
                _hold(_Set, child)
                if id(child.get("cellIds")) not in known_cells or child.get("cellIds") is None:
                    _hold(_Cells, child)
    _check_keys(before, after)


def _check_keys(before: Sequence[Entry], after: Sequence[Entry]) -> None:
    counts, counts_before = Counter(_keys(after)), Counter(_keys(before))
    for key, count in counts.items():
        if count > 1 and count > counts_before[key]:
            raise InvalidRequest(reason=f"there would be {count} cell sets with the key '{key}'")


def _hold(kind: type[BaseModel], part: object) -> None:
    try:
        kind.model_validate(part)
    except ValidationError as error:
        found = error.errors()[0]
        key = part.get("key") if isinstance(part, dict) else None
        whose = f"the cell set '{str(key)[:100]}'" if key is not None else "a cell set without a key"
        place = ".".join(map(str, found["loc"])) or "it"
        raise InvalidRequest(reason=f"{whose} would not be sound: {place}: {found['msg']}") from None


def _children(group: Entry) -> list[Any]:
    children = group.get("children")
    return children if isinstance(children, list) else []


def _keys(classes: Sequence[Entry]) -> Iterator[str]:
    for group in classes:
        yield group["key"]
        for child in _children(group):
            yield child["key"]
