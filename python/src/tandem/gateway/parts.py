"""What the gateway's handlers need of the world around it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tandem.gateway.caretaker import Caretaker
from tandem.gateway.imports import Imports
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
    #: Where experiments lie on this machine.
    imports: Imports | None = None
    caretaker: Caretaker | None = None


def _parts(request: Request) -> Parts:
    found: Parts = request.app.state.parts
    return found


#: How a handler asks for the parts.
World = Annotated[Parts, Depends(_parts)]
