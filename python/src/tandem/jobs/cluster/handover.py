"""What a pod that has collected tells the runner: a note in the store beside the results."""

import json
from dataclasses import asdict

from tandem.errors import ObjectMissing, PodLost
from tandem.jobs.runner.attempt import Harvest
from tandem.jobs.runner.results import Result, upload_json
from tandem.stores import Store

NOTE = "collected.json"


def leave(harvest: Harvest, prefix: str, attempt: int, store: Store) -> None:
    """Say what there is."""
    told = {"attempt": attempt, "files": [asdict(one) for one in harvest.made], "findings": dict(harvest.findings)}
    upload_json(told, f"{prefix}{NOTE}", store)


def take(prefix: str, attempt: int, store: Store) -> Harvest:
    """What the pod of this attempt has left. PodLost where it is that of another, or none."""
    try:
        with store.get(f"{prefix}{NOTE}") as body:
            told = json.loads(body.read())
    except ObjectMissing:
        told = {}
    if told.get("attempt") != attempt:
        raise PodLost(reason="it has left no results in the store")
    return Harvest([Result(**one) for one in told["files"]], told["findings"])
