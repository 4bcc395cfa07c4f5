"""`python -m tandem.gateway`: serve the API and the page on this machine."""

import os
from typing import Any

import uvicorn

from tandem import logs
from tandem.experiments.origin import Origin
from tandem.gateway.api.models import task_of
from tandem.gateway.app import create_app
from tandem.gateway.expectations import Expectations
from tandem.gateway.live import Live
from tandem.gateway.parts import Parts
from tandem.gateway.shelf import Shelf
from tandem.records.base import Progress, Run
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
    expectations = Expectations(record)

    def told(run: Run, progress: Progress | None) -> Any:
        return task_of(run, progress, expectations.of(run)).model_dump(mode="json", by_alias=True)

    parts = Parts(
        settings,
        record,
        open_store(settings, "worker-results"),
        Shelf(settings),
        Live(record, told),
        Origin(settings),
        expectations,
    )
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
