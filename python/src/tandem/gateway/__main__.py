"""`python -m tandem.gateway`: serve the API and the page on this machine."""

import os

import uvicorn

from tandem import logs
from tandem.gateway.api.models import task_of
from tandem.gateway.app import create_app
from tandem.gateway.live import Live
from tandem.gateway.parts import Parts
from tandem.gateway.shelf import Shelf
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.stores import open_store

#: Loopback: nobody beyond this machine was invited.
HOST = "127.0.0.1"


def main() -> None:
    """Put the parts together and serve."""
    settings = Settings()
    logs.configure(settings)
    record = open_record(settings)
    live = Live(record, lambda run, progress: task_of(run, progress).model_dump(mode="json", by_alias=True))
    parts = Parts(settings, record, open_store(settings, "worker-results"), Shelf(settings), live)
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
