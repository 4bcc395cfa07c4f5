"""How the pod of a job stands, read from what the cluster says of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tandem.cluster import Object
from tandem.cluster.pods import NO_IMAGE, NO_START, condition, containers, unscheduled
from tandem.errors import InputGone, NotStarted, PodLost, TandemError
from tandem.jobs.cluster.manifest import COLLECT, FETCH, PROGRAM
from tandem.jobs.execution.course import By

#: Why a container does not begin that would as soon as its image could be had, and its settings were right.
HINDRANCES = (*NO_IMAGE, *NO_START)
#: Why one could not begin that has an image: the program is not in it.
NO_PROGRAM = ("StartError", "ContainerCannotRun")
#: What our own containers name as the kind of their fault.
FAULTS: Mapping[str, type[TandemError]] = {kind.__name__: kind for kind in (InputGone, NotStarted)}


@dataclass(frozen=True)
class Standing:
    """What is known now."""

    pod: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    by: By = "itself"
    #: What tells the program's image from others of its name.
    image_id: str | None = None
    #: Nothing more comes of it.
    is_over: bool = False
    #: Why no node takes it, and why a container does not begin.
    waits: str | None = None
    hindrance: str | None = None


def standing_of(job: Object, pod: Object | None) -> Standing:
    """How it stands. PodLost, NotStarted or InputGone where it has come to no end of its own."""
    failure = condition(job, "Failed")
    if failure is not None and failure.get("reason") == "DeadlineExceeded":
        return Standing(by="time", is_over=True)
    if pod is None:
        if failure is not None:
            raise PodLost(reason=failure.get("message") or "it is gone")
        is_complete = condition(job, "Complete") is not None
        return Standing(exit_code=0, is_over=True) if is_complete else Standing(waits="it has no pod yet")
    return _of_pod(pod)


def _of_pod(pod: Object) -> Standing:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    program = _state(pod, PROGRAM)
    ended = program.get("terminated")
    begun = program.get("running") or ended or {}
    started_at, finished_at = _time(begun.get("startedAt")), _time((ended or {}).get("finishedAt"))
    known = Standing(name, started_at, finished_at, image_id=_status(pod, PROGRAM).get("imageID") or None)
    if status.get("reason") == "Evicted":
        return replace(known, by=_evicted_for(status.get("message", "")), is_over=True)
    disruption = condition(pod, "DisruptionTarget")
    if disruption is not None and status.get("phase") == "Failed":
        raise PodLost(reason=disruption.get("message") or disruption.get("reason"))
    if fetched := _state(pod, FETCH).get("terminated"):
        _see_that_it_did_well(FETCH, fetched)
    if ended is None:
        return replace(known, waits=unscheduled(pod), hindrance=_hindrance(pod))
    if ended.get("reason") in NO_PROGRAM:
        raise NotStarted(reason=ended.get("message") or ended["reason"])
    known = replace(known, exit_code=ended["exitCode"])
    if ended.get("reason") == "OOMKilled":
        return replace(known, by="memory", is_over=True)
    if known.exit_code != 0:
        if pod["metadata"].get("deletionTimestamp"):
            raise PodLost(reason="somebody has deleted it")
        return replace(known, is_over=True)
    collected = _state(pod, COLLECT).get("terminated")
    if collected:
        _see_that_it_did_well(COLLECT, collected)
    return replace(known, is_over=bool(collected), hindrance=_hindrance(pod))


def _see_that_it_did_well(container: str, ended: Object) -> None:
    """What one of our own containers tells of its fault is the last line that it has written."""
    if ended.get("exitCode") == 0:
        return
    said = str(ended.get("message") or "").strip().rpartition("\n")[2]
    try:
        told = json.loads(said)
        kind, facts = FAULTS[told["fault"]], told["facts"]
    except (ValueError, KeyError, TypeError):
        how = said or ended.get("reason")
        raise PodLost(reason=f"its container '{container}' ended with {ended.get('exitCode')}: {how}") from None
    raise kind(**facts)


def _evicted_for(message: str) -> By:
    """Who is put out of a node has used up its disk, or the memory that counts as one; else the node is at fault."""
    if 'volume "shm"' in message:
        return "memory"
    if "ephemeral" in message or "EmptyDir" in message:
        return "disk"
    raise PodLost(reason=message or "it was evicted")


def _hindrance(pod: Object) -> str | None:
    for status in containers(pod):
        waiting = status.get("state", {}).get("waiting") or {}
        if waiting.get("reason") in HINDRANCES:
            return str(waiting.get("message") or waiting["reason"])
    return None


def _state(pod: Object, container: str) -> Object:
    state: Object = _status(pod, container).get("state", {})
    return state


def _status(pod: Object, container: str) -> Object:
    return next((status for status in containers(pod) if status.get("name") == container), {})


def _time(given: str | None) -> datetime | None:
    return datetime.fromisoformat(given) if given else None
