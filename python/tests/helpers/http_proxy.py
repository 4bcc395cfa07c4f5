"""A loopback proxy that understands calls of AWS: it counts them by their name, and refuses those it is told to."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

#: Headers that are about one connection and not about what it carries.
OF_A_CONNECTION = frozenset({"connection", "transfer-encoding", "content-length", "host", "date", "server"})


@dataclass(frozen=True)
class Refusal:
    """What AWS says instead of an answer."""

    status: int
    code: str
    reason: str = "come back later"


#: No answer at all, for as long as the proxy lives.
SILENCE = Refusal(0, "")


class HttpProxy:
    """Forwards to a port of 127.0.0.1 what it does not refuse."""

    def __init__(self, target_port: int) -> None:
        #: What is refused, by the name of the call; "*" stands for all.
        self.refusals: Mapping[str, Refusal] = {}
        #: When which call came, by the monotonic clock.
        self.calls: list[tuple[float, str]] = []
        self.closing = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                name = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                proxy.calls.append((time.monotonic(), name))
                body = self.rfile.read(int(self.headers["Content-Length"]))
                refusal = proxy.refusals.get(name) or proxy.refusals.get("*")
                if refusal is None:
                    self._forward(body)
                    return
                if refusal is SILENCE:
                    proxy.closing.wait()
                    self.close_connection = True
                    return
                said = {"__type": f"com.amazonaws.sqs#{refusal.code}", "message": refusal.reason}
                self._say(refusal.status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(said).encode())

            def _forward(self, body: bytes) -> None:
                server = HTTPConnection("127.0.0.1", target_port, timeout=60)
                kept = {name: value for name, value in self.headers.items() if name.lower() not in OF_A_CONNECTION}
                server.request("POST", self.path, body, kept)
                answer = server.getresponse()
                heads = {name: value for name, value in answer.getheaders() if name.lower() not in OF_A_CONNECTION}
                self._say(answer.status, heads, answer.read())
                server.close()

            def _say(self, status: int, heads: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in heads.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Not on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def times(self, name: str) -> list[float]:
        """When a call of this name came."""
        return [at for at, called in list(self.calls) if called == name]
