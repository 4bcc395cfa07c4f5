"""Requests on their way to the queue: named, and joined with an equal one that is under way."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from tandem.errors import NotComputedYet
from tandem.experiments.editor import through_api
from tandem.gateway.parts import Parts
from tandem.records.base import Run, Wanted
from tandem.states import OPEN
from tandem.tasks.catalogue import read_body
from tandem.tasks.request import parse_time
from tandem.tasks.submission import Naming, Wish, message_of, send

#: At the most so many equal runs under way are looked at: each outlives the one before.
LOOKED_AT = 10
#: A run is joined if it is given at least this part of the time that the new caller waits.
LONG_ENOUGH = 0.5

#: Equal requests come one after another; different ones rarely wait for each other.
_turns = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True)
class Asked:
    """A request as it was answered: its ETag, the result's address if that is there, else the run that makes it."""

    etag: str
    address: str | None
    run: Run | None


def ask(parts: Parts, wish: Wish, base_url: str, *, may_compute: bool) -> Asked:
    """Find the result, join the run that makes it, or send a new request, if the caller may have something computed;
    where there is a run, somebody is to be there for it.
    Results in a folder are handed out by the gateway, which its caller knows as `base_url`."""
    parts.check_experiment(wish.experiment)
    # What changes the cell sets is to change them again when it is asked again: it has no result to find.
    kept = read_body(dict(wish.body)).cacheable
    if kept or not through_api(parts.settings):
        wish = replace(wish, authorization=None)  # a token goes no further than to the API that wants it
    message = message_of(wish, Naming(parts.origin, parts.results), _addresses(parts, base_url))
    etag: str = message["ETag"]
    if kept and parts.results.head(etag) is not None:
        return Asked(etag, message["signedUrl"], None)
    with _turns[int(etag[:8], 16) % len(_turns)]:
        run = _under_way(parts, wish, etag)
        if run is None and kept and parts.results.head(etag) is not None:
            return Asked(etag, message["signedUrl"], None)  # the run that makes it ended while we looked
        if run is None and not may_compute:
            raise NotComputedYet
        if run is None:
            run_id = send(message, queue=parts.shelf.queue(wish.experiment), record=parts.record)
            run = parts.record.get(run_id)
            parts.live.look()
    parts.shelf.want(wish.experiment)
    return Asked(etag, None, run)


def _addresses(parts: Parts, base_url: str) -> Callable[[str], str]:
    return partial(parts.addresses.of, base_url) if parts.settings.store_is_embedded else parts.results.url


def _under_way(parts: Parts, wish: Wish, etag: str) -> Run | None:
    """An equal run that is given time enough. One that ends long before its new caller stops waiting is not joined:
    a further message waits behind it, and finds what it has found."""
    now = datetime.now(UTC)
    wanted = (wish.timeout - now) * LONG_ENOUGH
    for run in parts.record.find(Wanted(etag=etag, states=OPEN), limit=LOOKED_AT):
        if run.kill_requested:
            continue
        ends_at = parse_time((parts.record.request(run.run_id) or {}).get("timeout"))
        if ends_at is None or ends_at - now >= wanted:
            return run
    return None
