"""As much of a cluster's API as Helm asks before it renders: which kinds there are, and what is in a Secret."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Object = Mapping[str, Any]
NOT_FOUND = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}


@contextmanager
def cluster_with(
    secrets: Mapping[str, Mapping[str, str]], kinds: Iterable[Object], release: str, namespace: str
) -> Iterator[str]:
    """The address of a cluster with these Secrets of a release, which knows the kinds of these objects."""
    kept = {f"/secrets/{name}": _secret(name, data, release, namespace) for name, data in secrets.items()}
    answers = {**_discovery(kinds), **kept}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            path = path[path.index("/secrets/") :] if "/secrets/" in path else path
            body = json.dumps(answers.get(path, NOT_FOUND)).encode()
            self.send_response(200 if path in answers else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = Thread(target=server.serve_forever, args=[0.05])
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _discovery(objects: Iterable[Object]) -> dict[str, Any]:
    known: dict[str, set[str]] = {"v1": {"Secret"}}
    for one in objects:
        known.setdefault(one["apiVersion"], set()).add(one["kind"])
    groups = [version for version in known if "/" in version]
    return {
        "/version": {"major": "1", "minor": "33", "gitVersion": "v1.33.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(version) for version in groups]},
        **{f"/{'apis' if '/' in version else 'api'}/{version}": _kinds(version, known[version]) for version in known},
    }


def _group(version: str) -> Object:
    named = {"groupVersion": version, "version": version.rpartition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [named], "preferredVersion": named}


def _kinds(version: str, kinds: Iterable[str]) -> Object:
    resources = [
        {"name": _plural(kind), "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": ["get"]}
        for kind in sorted(kinds)
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": resources}


def _plural(kind: str) -> str:
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("cy") else f"{name}s"


def _secret(name: str, data: Mapping[str, str], release: str, namespace: str) -> Object:
    """As an earlier release has left it: Helm takes nobody else's."""
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    owner = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
    metadata = {"name": name, "labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": owner}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}
