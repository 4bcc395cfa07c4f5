"""What the gateway's handlers need of the world around it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tandem.errors import ExperimentMissing
from tandem.experiments.origin import Origin
from tandem.gateway.expectations import Expectations
from tandem.gateway.live import Live
from tandem.gateway.shelf import Shelf
from tandem.records.base import Record
from tandem.settings import Settings
from tandem.stores.base import Store


@dataclass(frozen=True)
class Parts:
    """One gateway's parts."""

    settings: Settings
    record: Record
    results: Store
    shelf: Shelf
    live: Live
    origin: Origin
    expectations: Expectations

    def check_experiment(self, experiment: str) -> None:
        """ExperimentMissing if there is none of that name."""
        if self.settings.store_is_embedded:
            self.shelf.folder(experiment)
        elif self.origin.data_version(experiment) is None:
            raise ExperimentMissing(
                experiment=experiment, reason="its dataset is not there", folder="the buckets", found="no such dataset"
            )


def _parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


#: How a handler asks for the parts.
World = Annotated[Parts, Depends(_parts)]
