"""A batch/v1 Job for one attempt: a pod that fetches, runs the program with nothing of ours in its image, collects."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tandem.jobs.arrangement import limits_of, words
from tandem.jobs.cluster.places import PROGRAMS, RUN, SCRATCH, SEEN, VOLUME
from tandem.jobs.execution.environment import environment
from tandem.jobs.execution.walls import SHARED_MEMORY, TEMPORARY
from tandem.jobs.spec import Spec
from tandem.records.jobs import Job
from tandem.settings import Settings

#: The containers, in their order.
FETCH, PROGRAM, COLLECT = "fetch", "program", "collect"
#: The labels by which Jobs and pods are found.
JOB, ATTEMPT = "tandem/job", "tandem/attempt"
#: The user in all of them: images need not know it.
USER = 10001
#: What our own containers need, and the most that they get.
OWN_LEAST = {"cpu": "100m", "memory": "256Mi"}
OWN_MOST = {"cpu": "1", "memory": "1Gi"}
#: Bytes that a program's own files, and what we need ourselves, may take beside what it reads and writes.
OWN_BYTES = 1 << 30
#: Seconds for fetching and collecting, and for which a Job that has ended stays to be looked at and adopted.
OWN_S, KEPT_S = 3600, 3600
#: So much of a job's id names its Jobs.
ID_LENGTH = 18

SHUT = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@dataclass(frozen=True)
class Order:
    """What a Job is made from."""

    job: Job
    spec: Spec
    attempt: int
    #: The bytes that it reads.
    input_bytes: int

    @property
    def name(self) -> str:
        """The same for whoever makes it, so that it is made once."""
        return name_of(self.job.run_id, self.attempt)

    @property
    def labels(self) -> dict[str, str]:
        """By which the Job and its pod are found."""
        return {**labels_of(self.job.run_id), ATTEMPT: str(self.attempt)}


def name_of(run_id: str, attempt: int) -> str:
    """What the Job of an attempt is called."""
    return f"tandem-{run_id[:ID_LENGTH]}-{attempt}"


def labels_of(run_id: str) -> dict[str, str]:
    """By which all Jobs of a job are found."""
    return {JOB: run_id}


def manifest_of(order: Order, settings: Settings) -> dict[str, Any]:
    """The whole object."""
    spec = order.spec
    labels = {
        **order.labels,
        "tandem/program": order.job.program.strip("_-"),
        # For a NetworkPolicy: a pod has one network, and what fetches and collects needs it.
        "tandem/network": "open" if spec.network else "none",
        "app.kubernetes.io/managed-by": "tandem",
    }
    time_s = spec.time_limit_s + spec.grace_s + settings.job_wait_s + OWN_S
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": order.name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": math.ceil(time_s),
            "ttlSecondsAfterFinished": KEPT_S,
            "template": {
                # Where AWS lends a role to pods, the program gets none of it.
                "metadata": {"labels": labels, "annotations": {"eks.amazonaws.com/skip-containers": PROGRAM}},
                "spec": _pod(order, settings),
            },
        },
    }


def _pod(order: Order, settings: Settings) -> dict[str, Any]:
    spec = order.spec
    account = {"serviceAccountName": settings.job_service_account} if settings.job_service_account else {}
    nodes = {"nodeSelector": settings.job_gpu_nodes, "tolerations": settings.job_gpu_tolerations}
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": max(1, math.ceil(spec.grace_s)),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **account,
        **(nodes if spec.gpus else {}),
        "volumes": [
            {"name": "io", "emptyDir": {"sizeLimit": str(_disk(order))}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": str(spec.memory_bytes)}},
        ],
        "initContainers": [_own(FETCH, order, settings), _program(order, settings)],
        "containers": [_own(COLLECT, order, settings)],
    }


def _own(name: str, order: Order, settings: Settings) -> dict[str, Any]:
    sources = {"secretRef": settings.job_secret, "configMapRef": settings.job_config_map}
    disk = {"ephemeral-storage": str(_disk(order))}
    return {
        "name": name,
        "image": settings.job_image,
        "command": ["python3", "-m", f"tandem.jobs.cluster.{name}", order.job.run_id, str(order.attempt)],
        "env": [{"name": "TANDEM_HOME", "value": str(VOLUME)}],
        "envFrom": [{kind: {"name": given}} for kind, given in sources.items() if given],
        "resources": {"requests": {**OWN_LEAST, **disk}, "limits": {**OWN_MOST, **disk}},
        "securityContext": {**SHUT, "readOnlyRootFilesystem": True},
        # Its last words are what we are told if it fails.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [_mount(VOLUME), _mount(TEMPORARY, SCRATCH)],
    }


def _program(order: Order, settings: Settings) -> dict[str, Any]:
    spec = order.spec
    amounts = {
        "cpu": f"{max(1, round(spec.cpus * 1000))}m",
        "memory": str(spec.memory_bytes),
        "ephemeral-storage": str(_disk(order)),
        **({"nvidia.com/gpu": str(spec.gpus)} if spec.gpus else {}),
    }
    assets = [_mount(SEEN.assets, f"{PROGRAMS}/{order.job.version}", True)] if spec.assets else []
    return {
        "name": PROGRAM,
        "image": spec.image or settings.job_image,
        "command": [_plain(word) for word in words(spec, order.job.parameters, SEEN)],
        "workingDir": str(SEEN.root),
        "env": [{"name": name, "value": _plain(value)} for name, value in _variables(order).items()],
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": SHUT,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            _mount(SEEN.root, RUN),
            _mount(SEEN.input, f"{RUN}/inputs", True),
            _mount(SEEN.config_folder, f"{RUN}/configs", True),
            *assets,
            _mount(TEMPORARY, f"{RUN}/home/tmp"),
            {"name": "shm", "mountPath": str(SHARED_MEMORY)},
        ],
    }


def _variables(order: Order) -> Mapping[str, str]:
    spec, gpus = order.spec, tuple(range(order.spec.gpus))
    told = environment(order.job.run_id, order.attempt, SEEN, limits_of(spec), gpus, spec.environment)
    # An image of its own looks for its programs in its own way.
    return {name: value for name, value in told.items() if name != "PATH" or spec.image is None}


def _disk(order: Order) -> int:
    return order.spec.disk_bytes + order.input_bytes + OWN_BYTES


def _mount(place: Any, part: str | None = None, read_only: bool = False) -> dict[str, Any]:
    return {
        "name": "io",
        "mountPath": str(place),
        **({"subPath": part} if part else {}),
        **({"readOnly": True} if read_only else {}),
    }


def _plain(word: str) -> str:
    """As it stands: Kubernetes would take `$(NAME)` for a variable."""
    return word.replace("$", "$$")
