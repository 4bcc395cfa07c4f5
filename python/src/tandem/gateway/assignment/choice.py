"""Which spare pod is given to an experiment."""

import re
from collections.abc import Iterable
from hashlib import sha1

from tandem.cluster import Object
from tandem.cluster.pods import name_of
from tandem.gateway.assignment.pods import lives, owner_of, phase_of

HEX_START = re.compile(r"[0-9a-f]+", re.IGNORECASE)


def in_turn(experiment: str, pods: Iterable[Object]) -> list[Object]:
    """The spare pods in the order of trying: those first that run. Where to begin follows from the experiment's id:
    gateways that see the same pods try the same one for the same experiment, so that all but one of them lose the race
    for it, and begin elsewhere for another experiment."""
    spare = sorted((pod for pod in pods if lives(pod) and owner_of(pod) is None), key=name_of)
    groups = [[pod for pod in spare if phase_of(pod) == phase] for phase in ("Running", "Pending")]
    return [pod for group in groups if group for pod in _from(_number(experiment) % len(group), group)]


def _from(start: int, pods: list[Object]) -> list[Object]:
    return pods[start:] + pods[:start]


def _number(experiment: str) -> int:
    """The beginning of an id as a hexadecimal number, as other platforms read it; else any that stays the same."""
    digits = HEX_START.match(experiment)
    return int(digits[0] if digits else sha1(experiment.encode(), usedforsecurity=False).hexdigest(), 16)
