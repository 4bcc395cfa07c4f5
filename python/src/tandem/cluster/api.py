"""One namespace of a cluster, asked with the client's functions and answered with plain objects."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import kubernetes.client
import kubernetes.config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

from tandem.cluster import Object
from tandem.errors import ClusterUnavailable, InvalidSetting
from tandem.settings import SERVICE_ACCOUNT

#: Where a pod reads which namespace is its own.
NAMESPACE_FILE = SERVICE_ACCOUNT / "namespace"
#: Seconds for reaching the API, and for its answer.
ANSWER_S = (3.0, 10.0)
#: Connections that are kept open.
CONNECTIONS = 64
#: How long a sentence of the API is told.
SAID_LENGTH = 500


class Api:
    """Safe to be used by several threads."""

    def __init__(self, client: kubernetes.client.ApiClient, namespace: str) -> None:
        self.client, self.namespace = client, namespace

    @classmethod
    def reach(cls, namespace: str | None, setting: str, value: str) -> "Api":
        """The cluster that KUBECONFIG names, or the one whose pod we are. InvalidSetting, of the setting that wants
        one, where there is none."""
        configuration = kubernetes.client.Configuration()
        named = os.environ.get("KUBECONFIG")
        try:
            if "KUBERNETES_SERVICE_HOST" in os.environ and named is None:
                kubernetes.config.load_incluster_config(client_configuration=configuration)
            else:
                kubernetes.config.load_kube_config(named, client_configuration=configuration)
        except ConfigException as error:
            raise InvalidSetting(name=setting, value=value, reason=str(error).rstrip(".")) from error
        configuration.connection_pool_maxsize = CONNECTIONS
        own = NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.exists() else "default"
        return cls(kubernetes.client.ApiClient(configuration), namespace or own)

    def ask(self, call: Callable[..., Any], **words: Any) -> Object:
        """What it answers. ApiException where it refuses, ClusterUnavailable where no answer comes."""
        try:
            answer = call(namespace=self.namespace, _preload_content=False, _request_timeout=ANSWER_S, **words)
            told: Object = json.loads(answer.data)
        except (HTTPError, ValueError) as error:
            raise ClusterUnavailable(reason=error) from error
        return told

    def listed(self, call: Callable[..., Any], **words: Any) -> list[Object]:
        """The objects of a list. ClusterUnavailable where there is none."""
        try:
            return list(self.ask(call, **words).get("items") or ())
        except ApiException as error:
            raise ClusterUnavailable(reason=said(error)) from error


def selector(labels: Mapping[str, str]) -> str:
    """How a list is asked for the objects that have these labels."""
    return ",".join(f"{name}={value}" for name, value in labels.items())


def said(error: ApiException) -> str:
    """The sentence of the API, without what belongs to HTTP."""
    try:
        return str(json.loads(error.body or "")["message"])[:SAID_LENGTH]
    except (ValueError, KeyError, TypeError):
        return f"it answers {error.status} {error.reason}"
