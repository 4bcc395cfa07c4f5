"""What is asked of a Kubernetes API: little, as plain objects, with one error for all that may go wrong on the way."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import kubernetes.client
import kubernetes.config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from tandem.errors import ClusterUnavailable, InvalidSetting, NotStarted
from tandem.settings import Settings

#: Where a pod reads which namespace is its own.
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
#: Seconds for reaching the API, and for its answer.
ANSWER_S = (3.0, 10.0)
#: Seconds for which a log that is followed may be silent; then it is asked for anew.
SILENCE_S = (3.0, 600.0)
#: Connections that are kept open.
CONNECTIONS = 64
#: Answers that tell of us, not of the moment: the same request would be refused again.
WRONG, ABSENT, TAKEN, BUSY = range(400, 500), 404, 409, 429
#: How long a sentence of the API is told.
SAID_LENGTH = 500

Object = Mapping[str, Any]


class Cluster:
    """One namespace of one cluster. Safe to be used by several threads."""

    def __init__(self, client: kubernetes.client.ApiClient, namespace: str) -> None:
        self.namespace = namespace
        self._batch, self._core = kubernetes.client.BatchV1Api(client), kubernetes.client.CoreV1Api(client)

    @classmethod
    def of(cls, settings: Settings) -> "Cluster":
        """The cluster that KUBECONFIG names, or the one whose pod we are."""
        configuration = kubernetes.client.Configuration()
        is_pod = "KUBERNETES_SERVICE_HOST" in os.environ and "KUBECONFIG" not in os.environ
        load = kubernetes.config.load_incluster_config if is_pod else kubernetes.config.load_kube_config
        try:
            load(client_configuration=configuration)
        except ConfigException as error:
            reason = str(error).rstrip(".")
            raise InvalidSetting(name="TANDEM_RUNNER_MODE", value="kubernetes", reason=reason) from error
        configuration.connection_pool_maxsize = CONNECTIONS
        own = NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.exists() else "default"
        return cls(kubernetes.client.ApiClient(configuration), settings.job_namespace or own)

    def create(self, manifest: Object) -> bool:
        """Make a Job; False where one of its name is there. NotStarted where the cluster does not take such a Job."""
        try:
            self._ask(self._batch.create_namespaced_job, body=manifest)
        except ApiException as error:
            if error.status == TAKEN:
                return False
            if error.status in WRONG and error.status != BUSY:
                raise NotStarted(reason=f"the cluster takes no such Job: {_said(error)}") from error
            raise ClusterUnavailable(reason=_said(error)) from error
        return True

    def job(self, name: str) -> Object | None:
        """A Job, or None."""
        try:
            return self._ask(self._batch.read_namespaced_job, name=name)
        except ApiException as error:
            if error.status == ABSENT:
                return None
            raise ClusterUnavailable(reason=_said(error)) from error

    def jobs(self, labels: Mapping[str, str]) -> list[Object]:
        """Jobs with these labels."""
        return self._listed(self._batch.list_namespaced_job, label_selector=_selector(labels))

    def pods(self, labels: Mapping[str, str]) -> list[Object]:
        """Pods with these labels."""
        return self._listed(self._core.list_namespaced_pod, label_selector=_selector(labels))

    def complaint(self, *names: str) -> str | None:
        """The last warning about one of these objects. None where there is none, or where we may not see it."""
        for name in names:
            try:
                events = self._listed(self._core.list_namespaced_event, field_selector=f"involvedObject.name={name}")
            except ClusterUnavailable:
                continue
            warnings = sorted((event for event in events if event.get("type") == "Warning"), key=_moment)
            if warnings:
                return " ".join(str(warnings[-1].get("message", "")).split())[:SAID_LENGTH]
        return None

    def log(self, pod: str, container: str, since_s: int | None) -> HTTPResponse:
        """What a container says, line by line with times, as long as it runs; from so many seconds ago on."""
        try:
            answer = self._core.read_namespaced_pod_log(
                name=pod,
                namespace=self.namespace,
                container=container,
                follow=True,
                timestamps=True,
                since_seconds=since_s,
                _preload_content=False,
                _request_timeout=SILENCE_S,
            )
            return cast(HTTPResponse, answer)
        except ApiException as error:
            raise ClusterUnavailable(reason=_said(error)) from error
        except HTTPError as error:
            raise ClusterUnavailable(reason=error) from error

    def delete(self, name: str, labels: Mapping[str, str], grace_s: int) -> None:
        """Let a Job go, and its pods after so many seconds at most; no matter if they are gone."""
        try:
            self._absent_is_fine(self._batch.delete_namespaced_job, name=name, body={"propagationPolicy": "Foreground"})
            for pod in self.pods(labels):
                told = {"gracePeriodSeconds": grace_s}
                self._absent_is_fine(self._core.delete_namespaced_pod, name=pod["metadata"]["name"], body=told)
        except ApiException as error:
            raise ClusterUnavailable(reason=_said(error)) from error

    def _absent_is_fine(self, call: Callable[..., Any], **words: Any) -> None:
        try:
            self._ask(call, **words)
        except ApiException as error:
            if error.status != ABSENT:
                raise

    def _listed(self, call: Callable[..., Any], **words: Any) -> list[Object]:
        try:
            return list(self._ask(call, **words).get("items") or ())
        except ApiException as error:
            raise ClusterUnavailable(reason=_said(error)) from error

    def _ask(self, call: Callable[..., Any], **words: Any) -> Object:
        try:
            answer = call(namespace=self.namespace, _preload_content=False, _request_timeout=ANSWER_S, **words)
            told: Object = json.loads(answer.data)
        except (HTTPError, ValueError) as error:
            raise ClusterUnavailable(reason=error) from error
        return told


def _selector(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in labels.items())


def _moment(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def _said(error: ApiException) -> str:
    """The sentence of the API, without what belongs to HTTP."""
    try:
        return str(json.loads(error.body or "")["message"])[:SAID_LENGTH]
    except (ValueError, KeyError, TypeError):
        return f"it answers {error.status} {error.reason}"
