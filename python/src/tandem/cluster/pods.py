"""What a cluster says of a pod."""

from collections.abc import Iterator

from tandem.cluster import Object

#: Why a container does not begin: its image cannot be had, or its settings are wrong.
NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
NO_START = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")


def name_of(pod: Object) -> str:
    """What it is called."""
    return str(pod["metadata"]["name"])


def condition(of: Object, kind: str, status: str = "True") -> Object | None:
    """One of an object's conditions, if it is in this status."""
    conditions = of.get("status", {}).get("conditions") or ()
    return next((one for one in conditions if one.get("type") == kind and one.get("status") == status), None)


def unscheduled(pod: Object) -> str | None:
    """Why no node takes it."""
    refused = condition(pod, "PodScheduled", "False")
    return str(refused.get("message") or "no node takes it") if refused is not None else None


def containers(pod: Object) -> Iterator[Object]:
    """How its containers are, those first that begin first."""
    status = pod.get("status", {})
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()
