"""The sending side of a work request: make the message that clients make, note it, put it into the queue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import random
from typing import Any

from tandem.etags import etag_of
from tandem.queues.base import Queue
from tandem.records.base import Record
from tandem.stores.base import Store
from tandem.tasks.catalogue import read_body
from tandem.tasks.request import noted, parse

#: How long a caller waits unless they say otherwise, in seconds.
TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Wish:
    """What somebody wants to know of an experiment."""

    experiment: str
    body: Mapping[str, Any]
    timeout_s: float = TIMEOUT_S
    broadcast: bool = False
    pagination: Mapping[str, Any] | None = None
    #: Compute again, also when the same was asked before.
    fresh: bool = False
    #: Changes whenever the experiment's data, or something else that results depend on, change.
    data_version: str | None = None
    depends_on: Sequence[Any] = ()
    authorization: str | None = None


@dataclass(frozen=True)
class Submission:
    """A request on its way."""

    run_id: str
    etag: str


def message_of(wish: Wish, results: Store) -> dict[str, Any]:
    """The message. UnknownTask or InvalidRequest if the worker would refuse it."""
    read_body(dict(wish.body))
    props: dict[str, Any] = {"broadcast": wish.broadcast, "cacheUniquenessKey": random() if wish.fresh else None}  # noqa: S311
    if wish.pagination is not None:
        props["pagination"] = wish.pagination
    etag = etag_of(
        experiment_id=wish.experiment,
        body=wish.body,
        request_props=props,
        data_version=wish.data_version,
        extra_dependencies=wish.depends_on,
    )
    message = {
        "ETag": etag,
        "signedUrl": results.url(etag),
        "experimentId": wish.experiment,
        "timeout": (datetime.now(UTC) + timedelta(seconds=wish.timeout_s)).isoformat(timespec="milliseconds"),
        "body": wish.body,
        "requestProps": props,
    }
    if wish.authorization is not None:
        message["Authorization"] = wish.authorization
    parse(message)
    return message


def send(message: Mapping[str, Any], *, queue: Queue, record: Record) -> str:
    """Put a message into the queue, note it, and return its run. Equal requests queue behind each other, different
    ones do not."""
    etag = message["ETag"]
    run_id = queue.send(json.dumps(message), group=etag)
    record.queued(
        run_id,
        experiment=message["experimentId"],
        task=message["body"]["name"],
        etag=etag,
        request=noted(message),
    )
    return run_id


def submit(wish: Wish, *, queue: Queue, record: Record, results: Store) -> Submission:
    """Send a request and note it."""
    message = message_of(wish, results)
    return Submission(send(message, queue=queue, record=record), message["ETag"])
