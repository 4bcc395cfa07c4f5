"""A node of Redis that has lost its primary role: who is connected to it may publish nothing, and must connect anew."""

import socket
import threading
from contextlib import suppress
from typing import Self


class FailedOverNode:
    """Stands before a real Redis. Connections that were open at the first PUBLISH refuse it; later ones are fine."""

    def __init__(self, upstream_port: int) -> None:
        #: How many times something was refused.
        self.refused = 0
        self._upstream_port = upstream_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._ends.append(client)
            thread = threading.Thread(target=self._serve, args=[client, self.refused == 0])
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket, demoted: bool) -> None:
        with client, socket.create_connection(("127.0.0.1", self._upstream_port)) as upstream, suppress(OSError):
            while question := client.recv(65536):
                if demoted and b"PUBLISH" in question:
                    self.refused += 1
                    client.sendall(b"-READONLY You can't write against a read only replica.\r\n")
                else:
                    upstream.sendall(question)
                    client.sendall(upstream.recv(65536))
