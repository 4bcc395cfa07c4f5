"""An HTTP server on a free port that a test answers for."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StubServer:
    """Answers requests of one method with `answer(request)`, each in a thread of its own."""

    def __init__(self, method: str, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        #: Set when the server closes, for answers that wait until then.
        self.closing = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Not on the terminal."""

        setattr(Handler, f"do_{method}", lambda request: answer(request))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and let go whoever waits."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
