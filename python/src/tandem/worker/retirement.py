"""How the pod of an idle worker ends: the worker asks the cluster to delete it."""

import logging
import ssl

import httpx

from tandem.settings import Settings

log = logging.getLogger(__name__)

#: Seconds that the cluster may take to answer.
ANSWER_S = 10.0


def retire(settings: Settings) -> bool:
    """Ask the cluster to delete our own pod; whether it will. Why not is said in the log."""
    try:
        refusal = _delete(settings)
    except (httpx.HTTPError, OSError) as error:
        refusal = str(error) or type(error).__name__
    if refusal is not None:
        log.warning("The cluster does not delete this pod, so its worker ends alone: %s", refusal)
    return refusal is None


def _delete(settings: Settings) -> str | None:
    """Send the request; why it is refused, or None."""
    account, host = settings.service_account, settings.kubernetes_host
    if host is None or settings.pod_name is None:
        return f"{'KUBERNETES_SERVICE_HOST' if host is None else 'POD_NAME'} is not set"
    namespace = settings.pod_namespace or (account / "namespace").read_text().strip()
    server = f"[{host}]" if ":" in host else host
    answer = httpx.delete(
        f"https://{server}:{settings.kubernetes_port}/api/v1/namespaces/{namespace}/pods/{settings.pod_name}",
        headers={"Authorization": f"Bearer {(account / 'token').read_text().strip()}"},
        verify=ssl.create_default_context(cafile=account / "ca.crt"),
        timeout=ANSWER_S,
        trust_env=False,  # no proxy stands between a pod and its cluster
    )
    return None if answer.is_success else _said(answer)


def _said(answer: httpx.Response) -> str:
    """The sentence of the API."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"it answers {answer.status_code} {answer.reason_phrase}"
