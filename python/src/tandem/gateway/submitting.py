"""Requests on their way to the queue: named, and joined with an equal one that is under way."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tandem.gateway.parts import Parts
from tandem.records.base import Run, Wanted
from tandem.states import State
from tandem.tasks.submission import Wish, message_of, send

#: The states of a run that is under way.
OPEN = (State.QUEUED, State.RUNNING)

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Asked:
    """A request as it was answered: its ETag, and the run that makes its result unless that is there."""

    etag: str
    there: bool
    run: Run | None


def ask(
    parts: Parts,
    experiment: str,
    body: Mapping[str, Any],
    props: Mapping[str, Any],
    *,
    timeout_s: float,
    address: Callable[[str], str],
) -> Asked:
    """Find the result, join the run that makes it, or send a new request. `address` knows where a result will be."""
    version, cell_sets = parts.shelf.versions(experiment)
    wish = Wish(
        experiment,
        body,
        timeout_s,
        broadcast=bool(props.get("broadcast")),
        pagination=props.get("pagination"),
        fresh=bool(props.get("cacheUniquenessKey")),
        data_version=version,
        depends_on=[cell_sets],
    )
    message = message_of(wish, parts.results)
    etag = message["ETag"]
    message["signedUrl"] = address(etag)
    if parts.results.head(etag) is not None:
        return Asked(etag, True, None)
    with _one_at_a_time:
        under_way = parts.record.find(Wanted(etag=etag, states=OPEN), limit=1)
        if under_way and not under_way[0].kill_requested:
            return Asked(etag, False, under_way[0])
        run_id = send(message, queue=parts.shelf.queue(experiment), record=parts.record)
    parts.live.look()
    return Asked(etag, False, parts.record.get(run_id))
