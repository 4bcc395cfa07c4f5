"""The cases of a sweep: which values its parameters take in each job."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product
from math import prod
from typing import Any

from tandem.errors import ParametersUnfit
from tandem.jobs.wishes import MOST_JOBS, SweepWish
from tandem.text import one_line

Case = dict[str, Any]
#: A value in a tag or a name is cut to so many characters.
LONGEST_VALUE = 60


def cases_of(wish: SweepWish) -> list[Case]:
    """All of them, in order. ParametersUnfit where there are too many, or one parameter is given in two ways."""
    spaces = [space for space in (wish.space, *wish.arms) if space]
    number = (sum(prod(map(len, space.values())) for space in spaces) + len(wish.cases)) or 1
    number *= (wish.folds or 1) * (len(wish.fan_out) or 1)
    check_number(number)
    _check_once(wish, spaces)
    listed: Iterator[Mapping[str, Any]] = chain(chain.from_iterable(map(_crossed, spaces)), wish.cases)
    cases = [dict(case) for case in listed] or [{}]
    if wish.folds is None:
        return cases
    return [{**case, "fold": fold, "folds": wish.folds} for case in cases for fold in range(wish.folds)]


def check_number(number: int) -> None:
    """ParametersUnfit where these are more jobs than a group may have."""
    if number > MOST_JOBS:
        raise ParametersUnfit(field="space", reason=f"these are {number:,} jobs; a group may have {MOST_JOBS:,}")


def tags_of(case: Mapping[str, Any]) -> dict[str, str]:
    """Values as tags, by which jobs are found."""
    return {name: said(value) for name, value in case.items()}


def said(value: Any) -> str:
    """A value in few characters."""
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), LONGEST_VALUE)


def _crossed(space: Mapping[str, Sequence[Any]]) -> Iterator[Case]:
    return (dict(zip(space, values, strict=True)) for values in product(*space.values()))


def _check_once(wish: SweepWish, spaces: Sequence[Mapping[str, Any]]) -> None:
    varied = set(chain.from_iterable((*spaces, *wish.cases))) | ({"fold", "folds"} if wish.folds else set())
    for name in sorted(varied & set(wish.parameters)):
        raise ParametersUnfit(field=name, reason="it is both the same in each job and varied")
    if wish.folds and (twice := {"fold", "folds"} & set(chain.from_iterable((*spaces, *wish.cases)))):
        raise ParametersUnfit(field=min(twice), reason="folds are counted already")
