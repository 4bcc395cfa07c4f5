"""`python -m tandem.gateway`: serve the API and the page on this machine."""

import os
from dataclasses import asdict

import uvicorn

from tandem import logs
from tandem.gateway.api.models import task_of
from tandem.gateway.app import create_app
from tandem.gateway.caretaker import Caretaker
from tandem.gateway.imports import Imports
from tandem.gateway.live import Event, Live
from tandem.gateway.parts import Parts
from tandem.gateway.shelf import Shelf
from tandem.gateway.standing import Standing
from tandem.local.plan import read_plan
from tandem.local.platform import Platform
from tandem.records.base import Record
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.stores import open_store

#: Loopback: nobody beyond this machine was invited.
HOST = "127.0.0.1"


def open_parts(settings: Settings, record: Record, live: Live) -> Parts:
    """What the gateway is made of: on the local platform with a caretaker, and with imports where experiments lie on
    this machine."""

    def tell(experiment: str, standing: Standing) -> None:
        live.tell(Event("experiment", experiment, {"id": experiment, **asdict(standing)}))

    platform = Platform(settings)
    is_local = settings.store_is_embedded
    caretaker = Caretaker(platform, record.last_used, tell) if is_local and read_plan(platform.layout.plan) else None
    shelf = Shelf(settings, record, caretaker)
    imports = Imports(platform.layout, record, lambda id: tell(id, shelf.standing(id))) if is_local else None  # noqa: A006
    return Parts(settings, record, open_store(settings, "worker-results"), shelf, live, imports, caretaker)


def main() -> None:
    """Put the parts together and serve."""
    settings = Settings()
    logs.configure(settings)
    record = open_record(settings)
    live = Live(record, lambda run, progress: task_of(run, progress).model_dump(mode="json", by_alias=True))
    parts = open_parts(settings, record, live)
    uvicorn.run(
        create_app(parts),
        host=HOST,
        port=int(os.environ.get("TANDEM_GATEWAY_PORT", "8080")),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
