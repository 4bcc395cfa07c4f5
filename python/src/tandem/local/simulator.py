"""A simulator of AWS, furnished as the existing platform furnishes AWS: buckets, a queue, and experiments in them."""

import logging
import time
from collections.abc import Sequence
from typing import get_args

from botocore.exceptions import BotoCoreError, ClientError

from tandem.aws import Clients
from tandem.errors import StoreUnavailable
from tandem.experiments.source import CELL_SETS_FILE, DATASET_FILE
from tandem.jobs.cloud.setup import make_bucket
from tandem.queues import open_queue
from tandem.settings import DEVELOPMENT_ACCOUNT, Kind, Settings
from tandem.stores import open_store

log = logging.getLogger(__name__)

#: How long a simulator may take to start, and how often it is asked, in seconds.
START_S, ASK_AGAIN_S = 60.0, 0.5


def furnish(settings: Settings, experiments: Sequence[str]) -> None:
    """Make the buckets and the queue, and put these experiments of the data folder there."""
    clients = Clients(settings)
    _wait(clients)
    for kind in get_args(Kind):
        make_bucket(clients, settings, settings.bucket(kind, DEVELOPMENT_ACCOUNT))
    open_queue(settings, make=True).depth()
    matrices, cell_sets = open_store(settings, "processed-matrix"), open_store(settings, "cell-sets")
    for experiment in experiments:
        folder = settings.data / experiment
        with (folder / DATASET_FILE).open("rb") as body:
            matrices.put(f"{experiment}/{DATASET_FILE}", body, content_type="application/octet-stream")
        with (folder / CELL_SETS_FILE).open("rb") as body:
            cell_sets.put(experiment, body, content_type="application/json")
        log.info("put %s into the simulator", experiment)


def _wait(clients: Clients) -> None:
    """Until somebody answers. StoreUnavailable if nobody does."""
    give_up_at = time.monotonic() + START_S
    while True:
        try:
            clients.s3.list_buckets()
        except (BotoCoreError, ClientError) as error:
            if time.monotonic() > give_up_at:
                raise StoreUnavailable(bucket="simulator of AWS", key="", reason=error) from error
            time.sleep(ASK_AGAIN_S)
        else:
            return
