"""A small Kubernetes API with pods of workers and their Deployment, which takes JSON patches as the real one does."""

import copy
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from helpers.kubernetes_server import ApiServer, Json

NAMESPACE = "worker-default"
PODS = re.compile(rf"/api/v1/namespaces/{NAMESPACE}/pods(?:/([^/]+))?")
DEPLOYMENTS = re.compile(rf"/apis/apps/v1/namespaces/{NAMESPACE}/deployments(?:/([^/]+)/scale)?")
READY = {"type": "Ready", "status": "True"}

Object = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str | None
    body: Any


class WorkerCluster:
    """One namespace with the pods of one sandbox. What it was asked is kept to be looked at."""

    def __init__(self, folder: Path, *, replicas: int = 1) -> None:
        self._folder = folder
        self.pods: dict[str, Object] = {}
        self.deployment: Object = {
            "metadata": {"name": "tandem-worker", "resourceVersion": "1", "labels": self.labels()},
            "spec": {"replicas": replicas},
        }
        self.asked: list[Asked] = []
        #: Whether every question is answered by a fault of its own, or refused.
        self.is_away, self.is_forbidden = False, False
        #: Whether the Deployment makes a pod for each replica that none is left of.
        self.makes_pods = True
        #: Called before a patch is looked at: others may be quicker.
        self.before_patch = lambda _name: None
        self.lock = threading.RLock()
        self._made = 0
        self._api = ApiServer(self, _Handler)
        self._api.start()

    @staticmethod
    def labels(**more: str) -> dict[str, str]:
        """The labels of a worker."""
        return {"type": "worker", "sandboxId": "default", **more}

    @property
    def environment(self) -> dict[str, str]:
        """What a gateway needs in its environment to assign these pods."""
        return {"TANDEM_ASSIGN_NAMESPACE": NAMESPACE, "KUBECONFIG": str(self.kubeconfig)}

    @property
    def kubeconfig(self) -> Path:
        """A file by which clients find the way here."""
        return self._api.kubeconfig(self._folder)

    def add(self, name: str, *, phase: str = "Running", experiment: str | None = None, **status: Any) -> Object:
        """One more pod."""
        labels = self.labels(**({"experimentId": experiment} if experiment else {}))
        pod = {"metadata": {"name": name, "labels": labels}, "status": {"phase": phase, **status}}
        with self.lock:
            self.pods[name] = pod
        return pod

    def of(self, experiment: str) -> list[str]:
        """The pods with an experiment's label."""
        with self.lock:
            labels = {name: pod["metadata"]["labels"] for name, pod in self.pods.items()}
        return [name for name, its in labels.items() if its.get("experimentId") == experiment]

    def patches(self) -> list[Asked]:
        """The changes that were asked for."""
        return [asked for asked in self.asked if asked.method == "PATCH"]

    def fill_up(self) -> None:
        """What the Deployment does: as many pods without an experiment as it has replicas."""
        spare = [pod for pod in self.pods.values() if "experimentId" not in pod["metadata"]["labels"]]
        if self.makes_pods and len(spare) < self.deployment["spec"]["replicas"]:
            self._made += 1
            self.add(f"tandem-worker-{self._made:04d}", phase="Pending")

    def close(self) -> None:
        """Answer no more."""
        self._api.close()


class _Handler(Json, BaseHTTPRequestHandler):
    cluster: WorkerCluster

    def do_GET(self) -> None:
        """The pods or Deployments that have certain labels."""
        path, asked = self._note(None)
        if self._is_out_of_order():
            return
        labels = dict(one.split("=") for one in asked["labelSelector"].split(","))
        with self.cluster.lock:
            self.cluster.fill_up()
            there = self.cluster.pods.values() if PODS.fullmatch(path) else [self.cluster.deployment]
            found = [one for one in there if labels.items() <= one["metadata"]["labels"].items()]
            self.answer(200, {"items": copy.deepcopy(found)})

    def do_PATCH(self) -> None:
        """A JSON patch to a pod, or to how many replicas a Deployment has."""
        operations = json.loads(self.body())
        path, _ = self._note(operations)
        if self._is_out_of_order():
            return
        pod, deployment = PODS.fullmatch(path), DEPLOYMENTS.fullmatch(path)
        assert pod or deployment, path
        self.cluster.before_patch(pod[1] if pod else None)
        with self.cluster.lock:
            target = self.cluster.pods.get(pod[1]) if pod else self._scale()
            if target is None:
                self.refuse(404, f'pods "{path.rpartition("/")[2]}" not found')
                return
            changed = copy.deepcopy(target)
            try:
                for operation in operations:
                    apply(changed, operation)
            except LookupError:
                self.refuse(422, "the server rejected our request due to an error in our request")
                return
            if pod:
                self.cluster.pods[pod[1]] = changed
            else:
                self.cluster.deployment["spec"]["replicas"] = changed["spec"]["replicas"]
            self.answer(200, changed)

    def _scale(self) -> Object:
        """As the API shows it: a number that is zero is left out."""
        deployment = self.cluster.deployment
        replicas = deployment["spec"]["replicas"]
        return {"metadata": dict(deployment["metadata"]), "spec": {"replicas": replicas} if replicas else {}}

    def _note(self, body: Any) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.cluster.asked.append(Asked(self.command, parts.path, query, self.headers.get("Content-Type"), body))
        return parts.path, query

    def _is_out_of_order(self) -> bool:
        if self.cluster.is_away:
            self.refuse(503, "etcdserver: leader changed")
        elif self.cluster.is_forbidden:
            self.refuse(403, 'pods is forbidden: User "gateway" cannot do this')
        return self.cluster.is_away or self.cluster.is_forbidden


def apply(target: Object, operation: Mapping[str, Any]) -> None:
    """One operation of a JSON patch; LookupError where it does not apply. What is not there is as good as null."""
    *way, last = operation["path"].removeprefix("/").split("/")
    for step in way:
        target = target[step]
    match operation["op"]:
        case "test":
            if target.get(last) != operation["value"]:
                raise LookupError(operation["path"])
        case "add":
            target[last] = operation["value"]
        case "remove":
            del target[last]
        case other:
            raise AssertionError(other)
