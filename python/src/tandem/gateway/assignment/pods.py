"""What matters of a worker's pod when it is given to an experiment: whose it is, and whether it lives."""

import re

from tandem.cluster import Object

#: The label that says whose a pod is, and the one that names its queue.
EXPERIMENT, QUEUE_HASH = "experimentId", "workQueueHash"
#: What a label can hold.
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


def fits_label(experiment: str) -> bool:
    """Whether a pod can be labelled with an experiment's id."""
    return LABEL.fullmatch(experiment) is not None


def owner_of(pod: Object) -> str | None:
    """The experiment that a pod is for; None of a spare one."""
    owner = pod["metadata"].get("labels", {}).get(EXPERIMENT)
    return str(owner) if owner else None


def phase_of(pod: Object) -> str:
    """Pending, Running, Succeeded, Failed or Unknown."""
    return str(pod.get("status", {}).get("phase", "Pending"))


def lives(pod: Object) -> bool:
    """Whether a pod works or will, and is not being ended."""
    return phase_of(pod) in ("Pending", "Running") and not pod["metadata"].get("deletionTimestamp")
