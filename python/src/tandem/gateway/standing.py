"""How an experiment stands, in a word and a few."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tandem.local.platform import Part

Condition = Literal["asleep", "opening", "ready", "degraded", "failed", "importing"]


@dataclass(frozen=True)
class Standing:
    """A state, and what a person should know of it."""

    state: Condition
    detail: str = ""


ASLEEP = Standing("asleep")


def standing_of(parts: Sequence[Part]) -> Standing:
    """How an open experiment stands: as the part of it that is worst off."""
    conditions = {part.readiness.condition: part for part in reversed(parts)}
    if (failed := conditions.get("failed")) is not None:
        return Standing("failed", failed.readiness.detail)
    if (waiting := conditions.get("starting") or conditions.get("stopped")) is not None:
        return Standing("opening", waiting.readiness.detail)
    if (degraded := conditions.get("degraded")) is not None:
        return Standing("degraded", degraded.readiness.detail)
    return Standing("ready")
