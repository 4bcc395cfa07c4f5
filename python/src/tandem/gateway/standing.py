"""How an experiment stands, in a word and a few."""

from collections.abc import Callable, Mapping, Sequence
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
#: Where this gateway neither opens experiments nor sees who does.
UNSEEN = Standing("asleep", "Whoever runs this platform opens it; whether it is open is not known here.")


class Standings:
    """How each experiment stands. What is new is told."""

    def __init__(self, tell: Callable[[str, Standing], None]) -> None:
        self._tell = tell
        self._known: dict[str, Standing] = {}

    def of(self, experiment: str) -> Standing:
        """How one stands."""
        return self._known.get(experiment, ASLEEP)

    def known(self) -> Mapping[str, Standing]:
        """All of which there is more to say than that they are asleep, as they stand now."""
        return dict(self._known)

    def note(self, experiment: str, standing: Standing) -> None:
        """From now on one stands so."""
        before = self.of(experiment)
        if standing == ASLEEP:
            self._known.pop(experiment, None)
        else:
            self._known[experiment] = standing
        if standing != before:
            self._tell(experiment, standing)


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
