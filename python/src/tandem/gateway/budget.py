"""Which experiments are put to rest for another one to have room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Occupant:
    """An open experiment: the memory it holds in bytes, and whether it could do without it."""

    name: str
    held: int
    last_used: datetime
    idle: bool


@dataclass(frozen=True)
class Choice:
    """Whether there will be room once these are put to rest, the least recently used first."""

    room: bool
    rest: tuple[str, ...] = ()


def choose(needed: int, budget: int, occupants: Sequence[Occupant]) -> Choice:
    """Make room with as little as possible. What is larger than the whole budget has room when it is alone."""
    staying = list(occupants)
    resting: list[str] = []
    idle = sorted((one for one in occupants if one.idle), key=lambda one: one.last_used)
    while staying and sum(one.held for one in staying) + needed > budget:
        if not idle:
            return Choice(room=False)
        resting.append(idle[0].name)
        staying.remove(idle.pop(0))
    return Choice(room=True, rest=tuple(resting))
