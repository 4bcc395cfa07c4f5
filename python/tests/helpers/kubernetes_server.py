"""What the small Kubernetes APIs of tests have in common: a server on a free port, and a file that leads to it."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


class Json:
    """What a BaseHTTPRequestHandler needs to read and answer JSON."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def body(self) -> bytes:
        """What was sent."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, told: Mapping[str, Any]) -> None:
        """Answer with an object."""
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, message: str) -> None:
        """Answer with a sentence, as the API does."""
        self.answer(status, {"kind": "Status", "status": "Failure", "code": status, "message": message})


class ApiServer:
    """Answers for a `cluster` until it is closed."""

    def __init__(self, cluster: object, handler: type[BaseHTTPRequestHandler]) -> None:
        self.server = ThreadingHTTPServer((HOST, 0), type("Handler", (handler,), {"cluster": cluster}))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kubeconfig(self, folder: Path) -> Path:
        """A file by which clients find the way here."""
        path = folder / "kubeconfig"
        told = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "small", "cluster": {"server": f"http://{HOST}:{self.port}"}}],
            "users": [{"name": "us", "user": {"token": "a-token-of-tests"}}],
            "contexts": [{"name": "small", "context": {"cluster": "small", "user": "us"}}],
            "current-context": "small",
        }
        path.write_text(json.dumps(told))
        return path

    def close(self) -> None:
        """Answer no more."""
        self.server.shutdown()
        self.server.server_close()
