"""What is asked of a Kubernetes API about Jobs: little, with one error for all that may go wrong on the way."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import kubernetes.client
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from tandem.cluster import Object
from tandem.cluster.api import SAID_LENGTH, Api, said, selector
from tandem.errors import ClusterUnavailable, NotStarted
from tandem.settings import Settings

#: Seconds for which a log that is followed may be silent; then it is asked for anew.
SILENCE_S = (3.0, 600.0)
#: Answers that tell of us, not of the moment: the same request would be refused again.
WRONG, ABSENT, TAKEN, BUSY = range(400, 500), 404, 409, 429


class Cluster:
    """One namespace of one cluster. Safe to be used by several threads."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._batch, self._core = kubernetes.client.BatchV1Api(api.client), kubernetes.client.CoreV1Api(api.client)

    @classmethod
    def of(cls, settings: Settings) -> "Cluster":
        """The cluster that there is."""
        return cls(Api.reach(settings.job_namespace, "TANDEM_RUNNER_MODE", "kubernetes"))

    def create(self, manifest: Object) -> bool:
        """Make a Job; False where one of its name is there. NotStarted where the cluster does not take such a Job."""
        try:
            self._api.ask(self._batch.create_namespaced_job, body=manifest)
        except ApiException as error:
            if error.status == TAKEN:
                return False
            if error.status in WRONG and error.status != BUSY:
                raise NotStarted(reason=f"the cluster takes no such Job: {said(error)}") from error
            raise ClusterUnavailable(reason=said(error)) from error
        return True

    def job(self, name: str) -> Object | None:
        """A Job, or None."""
        try:
            return self._api.ask(self._batch.read_namespaced_job, name=name)
        except ApiException as error:
            if error.status == ABSENT:
                return None
            raise ClusterUnavailable(reason=said(error)) from error

    def jobs(self, labels: Mapping[str, str]) -> list[Object]:
        """Jobs with these labels."""
        return self._api.listed(self._batch.list_namespaced_job, label_selector=selector(labels))

    def pods(self, labels: Mapping[str, str]) -> list[Object]:
        """Pods with these labels."""
        return self._api.listed(self._core.list_namespaced_pod, label_selector=selector(labels))

    def complaint(self, *names: str) -> str | None:
        """The last warning about one of these objects. None where there is none, or where we may not see it."""
        for name in names:
            try:
                about = f"involvedObject.name={name}"
                events = self._api.listed(self._core.list_namespaced_event, field_selector=about)
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
                namespace=self._api.namespace,
                container=container,
                follow=True,
                timestamps=True,
                since_seconds=since_s,
                _preload_content=False,
                _request_timeout=SILENCE_S,
            )
            return cast(HTTPResponse, answer)
        except ApiException as error:
            raise ClusterUnavailable(reason=said(error)) from error
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
            raise ClusterUnavailable(reason=said(error)) from error

    def _absent_is_fine(self, call: Callable[..., Any], **words: Any) -> None:
        try:
            self._api.ask(call, **words)
        except ApiException as error:
            if error.status != ABSENT:
                raise


def _moment(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
