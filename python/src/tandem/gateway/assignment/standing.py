"""How an experiment stands, as its pods stand, in words."""

from collections.abc import Sequence

from tandem.cluster import Object
from tandem.cluster.pods import NO_IMAGE, NO_START, condition, containers, unscheduled
from tandem.gateway.assignment.pods import phase_of
from tandem.gateway.standing import Standing

#: Of several pods, the one that is best off tells how the experiment stands.
BEST_FIRST = ("ready", "opening", "failed", "asleep")
#: How the cluster calls an end for want of memory, and a pause between two starts.
OUT_OF_MEMORY, PAUSING = "OOMKilled", "CrashLoopBackOff"
#: Reasons of an end that say nothing.
EMPTY_REASONS = ("Error", "Completed")
#: An exit code above this names the signal that ended a process.
SIGNALLED = 128


def standing_of(pods: Sequence[Object]) -> Standing:
    """How an experiment stands that has these pods."""
    return min((_of(pod) for pod in pods), key=lambda standing: BEST_FIRST.index(standing.state))


def _of(pod: Object) -> Standing:
    if pod["metadata"].get("deletionTimestamp"):
        return Standing("asleep", "Its pod is being ended.")
    phase = phase_of(pod)
    if phase == "Succeeded":
        return Standing("asleep", "Its pod has ended.")
    if phase == "Failed":
        return Standing("failed", _why_it_failed(pod))
    if phase == "Unknown":
        return Standing("failed", "Nothing is heard of its pod: its node does not answer.")
    if (why := unscheduled(pod)) is not None:
        return Standing("opening", f"Its pod waits for a node: {why}")
    if (hindrance := _hindrance(pod)) is not None:
        return Standing("failed", hindrance)
    if condition(pod, "Ready") is not None:
        return Standing("ready")
    return Standing("opening", _what_goes_on(pod))


def _why_it_failed(pod: Object) -> str:
    status = pod["status"]
    said = status.get("message") or status.get("reason") or "the cluster does not say why"
    if status.get("reason") == "Evicted":
        return f"Its pod was evicted: {said}"
    for container in containers(pod):
        ended = container.get("state", {}).get("terminated") or {}
        if ended.get("exitCode"):
            return f"Its pod has failed: its container '{container['name']}' ended {_how(ended)}."
    return f"Its pod has failed: {said}"


def _hindrance(pod: Object) -> str | None:
    """Why one of its containers does not come up."""
    for container in containers(pod):
        waiting = container.get("state", {}).get("waiting") or {}
        name, reason = container["name"], waiting.get("reason")
        said = waiting.get("message") or reason
        if reason in NO_IMAGE:
            return f"The image of its container '{name}' cannot be had: {said}"
        if reason in NO_START:
            return f"Its container '{name}' cannot be started: {said}"
        last = _last_end(container)
        if reason == PAUSING and last.get("exitCode") != 0:
            return f"Its container '{name}' ends again and again, the last time {_how(last)}."
    return None


def _what_goes_on(pod: Object) -> str:
    """What is waited for that is on its way."""
    for container in containers(pod):
        if container.get("ready"):
            continue
        name, state, last = container["name"], container.get("state", {}), _last_end(container)
        if state.get("terminated") or (state.get("waiting") or {}).get("reason") == PAUSING:
            return f"Its container '{name}' ended {_how(state.get('terminated') or last)}, and is started again."
        if "running" in state and last:
            return f"Its container '{name}' ended {_how(last)}, and was started again."
        if "running" in state:
            return f"Its container '{name}' runs, and is not ready yet."
    return "Its pod is being started."


def _last_end(container: Object) -> Object:
    found: Object = container.get("lastState", {}).get("terminated") or {}
    return found


def _how(ended: Object) -> str:
    """How a container ended: "out of memory", "with exit code 1"."""
    code, reason = ended.get("exitCode"), ended.get("reason")
    if reason == OUT_OF_MEMORY:
        return "out of memory"
    if code is None:
        return "without a word"
    how = f"by signal {code - SIGNALLED}" if code > SIGNALLED else f"with exit code {code}"
    return how if not reason or reason in EMPTY_REASONS else f"{how} ({reason})"
