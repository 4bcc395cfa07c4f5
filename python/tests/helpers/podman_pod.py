"""A pod of the chart as Podman plays it: with what a cluster does for pods, and Podman does not, done by hand."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

Object = Mapping[str, Any]
#: Podman starts all containers of a pod alike, and asks no probes where no systemd runs.
PROBES = ("startupProbe", "livenessProbe", "readinessProbe", "restartPolicy", "lifecycle")


def as_podman_pod(template: Object, name: str, podinfo: Path, secrets: Mapping[str, str], r_extra: Object) -> str:
    """The manifest of one pod. `podinfo` is the folder that stands for its labels, `secrets` are values of keys of
    Secrets, and `r_extra` adds to R's container."""
    spec = deepcopy(template["spec"])
    gone = {volume["name"] for volume in spec["volumes"] if "projected" in volume}
    beside = [container for container in spec.get("initContainers", ()) if container.get("restartPolicy") == "Always"]
    containers = []
    for container in (*beside, *spec["containers"]):
        kept = {key: value for key, value in container.items() if key not in PROBES}
        kept["imagePullPolicy"] = "Never"
        kept["env"] = [_literal(one, name, secrets) for one in container["env"]]
        kept["volumeMounts"] = [mount for mount in container["volumeMounts"] if mount["name"] not in gone]
        if container in beside:
            kept["env"] += r_extra["env"]
            kept["volumeMounts"] += r_extra["volumeMounts"]
        containers.append(kept)
    volumes = [_volume(volume, podinfo) for volume in spec["volumes"] if volume["name"] not in gone]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": dict(template["metadata"]["labels"])},
        "spec": {
            "restartPolicy": "Never",
            "containers": containers,
            "volumes": [*volumes, *r_extra["volumes"]],
            "terminationGracePeriodSeconds": spec["terminationGracePeriodSeconds"],
        },
    }
    return yaml.safe_dump(pod, sort_keys=False)


def _literal(variable: Object, pod: str, secrets: Mapping[str, str]) -> Object:
    source = variable.get("valueFrom")
    if source is None:
        return variable
    if "secretKeyRef" in source:
        return {"name": variable["name"], "value": secrets[source["secretKeyRef"]["key"]]}
    return {"name": variable["name"], "value": pod}


def _volume(volume: Object, podinfo: Path) -> Object:
    if "downwardAPI" in volume:
        return {"name": volume["name"], "hostPath": {"path": str(podinfo), "type": "Directory"}}
    return {"name": volume["name"], "emptyDir": {}}
