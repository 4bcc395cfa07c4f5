"""The sending side of a work request: make the message that clients make, note it, put it into the queue."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import random
from typing import Any
from uuid import uuid4

from tandem.etags import etag_of
from tandem.experiments.origin import Origin
from tandem.queues.base import Queue
from tandem.records.base import Record
from tandem.stores.base import Store
from tandem.tasks.body import TaskBody
from tandem.tasks.catalogue import read_body
from tandem.tasks.request import noted, parse

#: How long a caller waits unless they say otherwise, in seconds.
TIMEOUT_S = 900.0


def props_of(
    *, broadcast: bool = False, fresh: bool = False, pagination: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The request's properties as clients send them; a fresh result is one of a name of its own."""
    key = random() if fresh else None  # noqa: S311  # no secret
    paged = {} if pagination is None else {"pagination": pagination}
    return {"broadcast": broadcast, "cacheUniquenessKey": key, **paged}


@dataclass(frozen=True)
class Wish:
    """What somebody wants to know of an experiment, in the words that they sent."""

    experiment: str
    body: Mapping[str, Any]
    timeout: datetime
    props: Mapping[str, Any]
    authorization: str | None = None


@dataclass(frozen=True)
class Submission:
    """A request on its way."""

    run_id: str
    etag: str


class Naming:
    """Gives questions the names of their answers: equal ones of equal data have equal ETags, whoever asks."""

    def __init__(self, origin: Origin, results: Store) -> None:
        self._origin, self._results = origin, results

    def etag(self, wish: Wish, task: TaskBody) -> str:
        """The ETag of a wish. Cell sets matter to those tasks only that look at them."""
        depends_on = self._origin.program_versions()
        if task.looks_at_cell_sets():
            depends_on.append(self._origin.cell_sets_version(wish.experiment))
        return etag_of(
            experiment_id=wish.experiment,
            body=wish.body,
            request_props=wish.props,
            data_version=self._origin.data_version(wish.experiment),
            extra_dependencies=depends_on,
        )

    def with_layout(self, wish: Wish, task: TaskBody) -> Mapping[str, Any]:
        """The body with the ETag of the layout that the task builds on, if that is in the store."""

        def stored(body: Mapping[str, Any]) -> str | None:
            layout = Wish(wish.experiment, body, wish.timeout, props_of())
            etag = self.etag(layout, read_body(dict(body)))
            return etag if self._results.head(etag) is not None else None

        return task.with_layout(wish.body, stored)


def message_of(wish: Wish, naming: Naming, address: Callable[[str], str]) -> dict[str, Any]:
    """The message; `address` says where a result will be. UnknownTask or InvalidRequest if the worker would refuse
    it."""
    task = read_body(dict(wish.body))
    etag = naming.etag(wish, task)
    message = {
        "ETag": etag,
        "signedUrl": address(etag),
        "experimentId": wish.experiment,
        "timeout": wish.timeout.isoformat(timespec="milliseconds"),
        "body": naming.with_layout(wish, task),
        "requestProps": wish.props,
    }
    if wish.authorization is not None:
        message["Authorization"] = wish.authorization
    parse(message)
    return message


def send(message: Mapping[str, Any], *, queue: Queue, record: Record) -> str:
    """Put a message into the queue, note it, and return its run. Equal requests queue behind each other, different
    ones do not; each is a message of its own, also where its text is that of an earlier one."""
    etag = message["ETag"]
    run_id = queue.send(json.dumps(message), group=etag, deduplication_id=uuid4().hex)
    record.queued(
        run_id,
        experiment=message["experimentId"],
        task=message["body"]["name"],
        etag=etag,
        request=noted(message),
    )
    return run_id


def submit(wish: Wish, *, queue: Queue, record: Record, results: Store, origin: Origin) -> Submission:
    """Send a request and note it."""
    message = message_of(wish, Naming(origin, results), results.url)
    return Submission(send(message, queue=queue, record=record), message["ETag"])
