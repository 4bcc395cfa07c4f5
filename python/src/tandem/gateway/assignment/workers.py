"""The pods of workers of one sandbox, and the Deployment that keeps spare ones ready."""

from collections.abc import Callable
from typing import Any

import kubernetes.client
from kubernetes.client.exceptions import ApiException

from tandem.cluster import Object
from tandem.cluster.api import Api, said, selector
from tandem.cluster.pods import name_of
from tandem.errors import ClusterUnavailable
from tandem.gateway.assignment.pods import EXPERIMENT, QUEUE_HASH
from tandem.settings import Settings

#: Where labels are in a pod.
LABELS = "/metadata/labels"
#: Answers to a change of something that has changed meanwhile, or is gone.
LOST = (404, 409, 422)

Patch = list[dict[str, object]]


class Workers:
    """Safe to be used by several threads; every call waits for the cluster. ClusterUnavailable where it refuses."""

    def __init__(self, api: Api, sandbox: str) -> None:
        self._api, self._labels = api, {"type": "worker", "sandboxId": sandbox}
        self._core, self._apps = kubernetes.client.CoreV1Api(api.client), kubernetes.client.AppsV1Api(api.client)

    @classmethod
    def of(cls, settings: Settings) -> "Workers":
        """Those that the settings name."""
        namespace = settings.assign_namespace or ""
        return cls(Api.reach(namespace, "TANDEM_ASSIGN_NAMESPACE", namespace), settings.sandbox_id)

    def pods(self, experiment: str | None = None) -> list[Object]:
        """All pods, or those of one experiment."""
        labels = self._labels | ({EXPERIMENT: experiment} if experiment is not None else {})
        return self._api.listed(self._core.list_namespaced_pod, label_selector=selector(labels))

    def assign(self, pod: Object, experiment: str, queue_hash: str) -> Object | None:
        """Give a spare pod to an experiment. None where it is no spare one any more."""
        return self._patch(
            pod,
            [
                {"op": "test", "path": f"{LABELS}/{EXPERIMENT}", "value": None},
                {"op": "add", "path": f"{LABELS}/{EXPERIMENT}", "value": experiment},
                {"op": "add", "path": f"{LABELS}/{QUEUE_HASH}", "value": queue_hash},
            ],
        )

    def take_back(self, pod: Object, experiment: str) -> None:
        """Make a pod of an experiment a spare one again; no matter if it is another's or gone."""
        self._patch(
            pod,
            [
                {"op": "test", "path": f"{LABELS}/{EXPERIMENT}", "value": experiment},
                {"op": "remove", "path": f"{LABELS}/{EXPERIMENT}"},
                {"op": "remove", "path": f"{LABELS}/{QUEUE_HASH}"},
            ],
        )

    def wake(self) -> None:
        """Let there be a spare pod where the Deployment was told to keep none."""
        found = self._api.listed(self._apps.list_namespaced_deployment, label_selector=selector(self._labels))
        if not found:
            raise ClusterUnavailable(reason=f"there is no Deployment with the labels {selector(self._labels)}")
        asleep = [one for one in found if not one["spec"].get("replicas")]
        if len(asleep) == len(found):
            first = asleep[0]
            patch: Patch = [
                {"op": "test", "path": "/metadata/resourceVersion", "value": first["metadata"]["resourceVersion"]},
                {"op": "add", "path": "/spec/replicas", "value": 1},
            ]
            self._change(self._apps.patch_namespaced_deployment_scale, name_of(first), patch)

    def _patch(self, pod: Object, patch: Patch) -> Object | None:
        return self._change(self._core.patch_namespaced_pod, name_of(pod), patch)

    def _change(self, call: Callable[..., Any], name: str, patch: Patch) -> Object | None:
        """The object as it is then. None where others were first."""
        try:
            return self._api.ask(call, name=name, body=patch)
        except ApiException as error:
            if error.status in LOST:
                return None
            raise ClusterUnavailable(reason=said(error)) from error
