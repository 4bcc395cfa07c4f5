"""A small Kubernetes API over HTTP, with Jobs, pods, logs and events, whose pods really run on this machine."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from helpers.kubernetes_pod import Pod
from helpers.kubernetes_server import ApiServer, Json

#: The addresses that are answered: the collection, then the name of an object and a part of it.
ADDRESS = re.compile(r"/(?:api/v1|apis/batch/v1)/namespaces/([^/]+)/(jobs|pods|events)(?:/([^/]+))?(?:/(log))?")


class SmallCluster:
    """One namespace. What it was asked for is kept to be looked at."""

    def __init__(self, folder: Path, namespace: str = "science") -> None:
        self.folder, self.namespace = folder, namespace
        self.jobs: dict[str, dict[str, Any]] = {}
        self.pods: dict[str, Pod] = {}
        self.events: list[dict[str, Any]] = []
        #: What Secrets and ConfigMaps hold.
        self.sources: dict[str, Mapping[str, str]] = {}
        #: Images that cannot be had; whether no node has room; programs that the kernel is said to have ended.
        self.missing_images: set[str] = set()
        self.is_full = False
        #: Whether every question is answered by a fault of its own.
        self.is_away = False
        self.hungry = False
        self.created: list[dict[str, Any]] = []
        self.deleted: list[tuple[str, str, Mapping[str, Any]]] = []
        self._server = ApiServer(self, _Handler)
        self._server.start()

    @property
    def kubeconfig(self) -> Path:
        """A file by which clients find the way here."""
        return self._server.kubeconfig(self.folder)

    def close(self) -> None:
        """End every pod, and answer no more."""
        for pod in list(self.pods.values()):
            pod.end(0)
        self._server.close()

    def create(self, job: dict[str, Any]) -> None:
        """Take a Job, and start its pod."""
        name = job["metadata"]["name"]
        self.created.append(job)
        self.jobs[name] = job | {"status": {"conditions": [], "active": 1}}
        template = job["spec"]["template"]
        pod = Pod(f"{name}-x7k2p", template, self.folder / "volumes" / name, self.sources)
        self.pods[pod.name] = pod
        if self.hungry:
            pod.hungry = {"program"}
        lacking = [one for one in template["spec"]["initContainers"] if one["image"] in self.missing_images]
        if self.is_full:
            said = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
            pod.status["conditions"] = [{"type": "PodScheduled", "status": "False", "message": said}]
            self._warn(pod.name, "FailedScheduling", said)
        elif lacking:
            image = lacking[0]["image"]
            pod.wait_for_image(lacking[0]["name"], image)
            self._warn(pod.name, "Failed", f'Failed to pull image "{image}": not found')
        else:
            threading.Thread(target=self._run, args=(name, pod), daemon=True).start()

    def remove(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        """Let an object go; a Job that goes in the foreground stays until its pods are gone."""
        self.deleted.append((kind, name, options))
        pods = [pod for pod in list(self.pods.values()) if pod.name == name or pod.name.startswith(f"{name}-")]
        if kind == "jobs":
            self.jobs[name]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        grace = options.get("gracePeriodSeconds")
        threading.Thread(target=self._remove, args=(kind, name, pods, grace), daemon=True).start()

    def _remove(self, kind: str, name: str, pods: list[Pod], grace: float | None) -> None:
        for pod in pods:
            pod.end(pod.spec["terminationGracePeriodSeconds"] if grace is None else grace)
            self.pods.pop(pod.name, None)
        if kind == "jobs":
            self.jobs.pop(name, None)

    def _run(self, name: str, pod: Pod) -> None:
        pod.run()
        kind = "Complete" if pod.status["phase"] == "Succeeded" else "Failed"
        if name in self.jobs:
            self.jobs[name]["status"]["conditions"] = [
                {"type": kind, "status": "True", "reason": "BackoffLimitExceeded"}
            ]

    def _warn(self, name: str, reason: str, message: str) -> None:
        event = {"type": "Warning", "reason": reason, "message": message, "lastTimestamp": "2026-01-01T00:00:00Z"}
        self.events.append({"involvedObject": {"name": name}, **event})


class _Handler(Json, BaseHTTPRequestHandler):
    cluster: SmallCluster

    def do_POST(self) -> None:
        """Make a Job."""
        job = json.loads(self.body())
        name = job["metadata"]["name"]
        if name in self.cluster.jobs:
            self.refuse(409, f'jobs.batch "{name}" already exists')
            return
        self.cluster.create(job)
        self.answer(201, job)

    def do_GET(self) -> None:
        """Tell of one object, or of those that are selected."""
        kind, name, part, asked = self._asked()
        if self.cluster.is_away:
            self.refuse(503, "etcdserver: leader changed")
        elif part == "log" and name not in self.cluster.pods:
            self.refuse(404, f'pods "{name}" not found')
        elif part == "log":
            self._follow(self.cluster.pods[name], asked["container"])
        elif kind == "jobs" and name:
            job = self.cluster.jobs.get(name)
            self.answer(200 if job else 404, job or {"kind": "Status", "message": f'jobs.batch "{name}" not found'})
        else:
            self.answer(200, {"items": list(self._selected(kind, asked))})

    def do_DELETE(self) -> None:
        """Let one go."""
        kind, name, _, _ = self._asked()
        there = self.cluster.jobs if kind == "jobs" else self.cluster.pods
        options = json.loads(self.body() or "{}")
        if name not in there:
            self.refuse(404, f'{kind} "{name}" not found')
            return
        self.cluster.remove(kind, name, options)
        self.answer(200, {"kind": "Status", "status": "Success"})

    def _selected(self, kind: str, asked: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        if kind == "events":
            wanted = asked["fieldSelector"].removeprefix("involvedObject.name=")
            yield from (event for event in self.cluster.events if event["involvedObject"]["name"] == wanted)
            return
        labels = dict(one.split("=") for one in asked["labelSelector"].split(","))
        pods = ({"metadata": pod.metadata, "status": pod.status} for pod in list(self.cluster.pods.values()))
        for found in list(self.cluster.jobs.values()) if kind == "jobs" else pods:
            if labels.items() <= found["metadata"]["labels"].items():
                yield found

    def _follow(self, pod: Pod, container: str) -> None:
        """The lines that there are and those that come, as long as the container runs."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent, is_over = 0, False
        while not is_over:
            with pod.changed:
                is_over = pod.ended.is_set() or "terminated" in json.dumps(self._state(pod, container))
                lines = pod.logs.get(container, [])[sent:]
                if not lines and not is_over:
                    pod.changed.wait(0.5)
            sent += len(lines)
            if lines:
                text = "".join(f"{at} {said}\n" for at, said in lines).encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
        self.wfile.write(b"0\r\n\r\n")

    def _state(self, pod: Pod, container: str) -> Mapping[str, Any]:
        statuses = [*pod.status.get("initContainerStatuses", ()), *pod.status.get("containerStatuses", ())]
        return next((one["state"] for one in statuses if one["name"] == container), {})

    def _asked(self) -> tuple[str, str, str | None, Mapping[str, str]]:
        parts = urlsplit(self.path)
        found = ADDRESS.fullmatch(parts.path)
        assert found is not None, self.path
        assert found[1] == self.cluster.namespace
        return found[2], found[3], found[4], {name: values[0] for name, values in parse_qs(parts.query).items()}
