"""Follows the one worker that runs beside a gateway, where nobody opens and closes experiments: as under Compose."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tandem.gateway.standing import Standing, Standings
from tandem.status import Status, read_status

#: How often the worker's status file is read, in seconds.
LOOK_S = 1.0
#: A worker that has not touched its file for so many seconds is away, as its container's health check finds too.
AWAY_S = 60.0
UNHEARD = Standing("opening", "Nothing is heard of its worker: it starts, or it has ended.")


class Neighbour:
    """The worker of one experiment, as it says itself. No other experiment is served."""

    def __init__(self, experiment: str, status: Path, tell: Callable[[str, Standing], None]) -> None:
        self._experiment, self._status = experiment, status
        self._standings = Standings(tell)

    async def run(self) -> None:
        """Follow it until cancelled."""
        while True:
            self._standings.note(self._experiment, self._look())
            await asyncio.sleep(LOOK_S)

    def _look(self) -> Standing:
        try:
            return standing_of(read_status(self._status))
        except OSError as error:
            return Standing("opening", f"What its worker says of itself cannot be read: {error}.")

    def ask(self, experiment: str) -> None:
        """Something is asked of an experiment, which changes nothing: it is open already, or cannot be opened."""

    def standing(self, experiment: str) -> Standing:
        """How an experiment stood at the last look."""
        if experiment == self._experiment:
            return self._standings.of(experiment)
        return Standing("asleep", f"Only {self._experiment} is served here; EXPERIMENT_ID says which, at the start.")


def standing_of(status: Status | None) -> Standing:
    """How an experiment stands whose worker says this of itself."""
    if status is None or status.state == "stopping" or status.age_s > AWAY_S:
        return UNHEARD
    if status.state in ("ready", "degraded"):
        return Standing(status.state, status.detail)
    return Standing("opening", status.detail)
