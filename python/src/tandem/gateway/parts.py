"""What the gateway's handlers need of the world around it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from tandem.errors import ExperimentMissing
from tandem.experiments.origin import Origin
from tandem.gateway.assignment.assigner import Assigner
from tandem.gateway.caretaker import Caretaker
from tandem.gateway.expectations import Expectations
from tandem.gateway.imports import Imports
from tandem.gateway.live import Live
from tandem.gateway.metrics.meters import Meters
from tandem.gateway.neighbour import Neighbour
from tandem.gateway.security.addresses import Addresses
from tandem.gateway.security.keyring import Keyring
from tandem.gateway.shelf import Shelf
from tandem.gateway.sockets.door import Sockets
from tandem.jobs.programs.library import Library
from tandem.jobs.submission import Desk
from tandem.records.base import Record
from tandem.records.bundle import Records
from tandem.records.job_tallies import JobTallies
from tandem.records.tallies import Tallies
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
    keyring: Keyring
    addresses: Addresses
    sockets: Sockets
    tallies: Tallies
    job_tallies: JobTallies
    #: Where jobs are handed in, what is recorded of them, what they read and make, and which programs there are.
    desk: Desk
    records: Records
    job_store: Store
    library: Library
    #: Where experiments lie on this machine.
    imports: Imports | None = None
    #: Where a local platform runs.
    caretaker: Caretaker | None = None
    #: Where we assign the workers of a cluster.
    assigner: Assigner | None = None
    #: Where one worker runs beside us.
    neighbour: Neighbour | None = None
    meters: Meters = field(default_factory=Meters)
    #: How many clients of each kind stay connected now.
    present: Counter[str] = field(default_factory=Counter)

    def check_experiment(self, experiment: str) -> None:
        """ExperimentMissing if there is none of that name; InvalidRequest if none of that name could be opened."""
        if self.assigner is not None:
            self.assigner.check(experiment)
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
