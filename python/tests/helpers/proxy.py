"""A loopback proxy that stands between a client and a real server, and misbehaves when told to."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from select import select
from typing import Literal, Self

Mode = Literal["pass", "drop", "delay", "reset", "cut"]

#: Bytes moved at a time.
BLOCK = 1 << 16


class Proxy:
    """Forwards to a port of 127.0.0.1. `mode` may be changed at any time, also for connections that are open.

    pass    forwards
    drop    swallows all that comes; a connection that has lost something so is silent for ever
    delay   forwards each block after `delay_s`
    reset   resets connections, new and open
    cut     closes a connection once `cut_after` bytes have gone from client to server
    """

    def __init__(self, target_port: int, mode: Mode = "pass") -> None:
        self.mode: Mode = mode
        self.delay_s = 0.5
        self.cut_after = 1024
        #: Connections accepted so far.
        self.accepted = 0
        #: Bytes swallowed so far.
        self.swallowed = 0
        self._target = ("127.0.0.1", target_port)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()

    @property
    def port(self) -> int:
        """Where clients connect to."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        # Connecting wakes the listener; closing it alone would not.
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            client, _ = self._listener.accept()
            if self._closing.is_set():
                client.close()
                return
            self.accepted += 1
            self._run(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target, 5)
        except OSError:
            _reset(client)
            return
        ends = {client, server}
        self._open |= ends
        back = threading.Thread(target=self._forward, args=(server, client, False), daemon=True)
        back.start()
        self._forward(client, server, True)
        back.join()
        for end in ends:
            end.close()
        self._open -= ends

    def _forward(self, source: socket.socket, target: socket.socket, upwards: bool) -> None:
        sent, silent = 0, False
        with suppress(OSError, ValueError):
            while not self._closing.is_set():
                if self.mode == "reset":
                    _reset(source)
                    _reset(target)
                    return
                if not select([source], [], [], 0.02)[0]:
                    continue
                block = source.recv(BLOCK)
                silent = silent or self.mode == "drop"
                if silent and block:
                    self.swallowed += len(block)
                    continue
                if self.mode == "delay":
                    self._closing.wait(self.delay_s)
                if self.mode == "cut" and upwards:
                    block = block[: max(self.cut_after - sent, 0)]
                if not block:
                    break
                target.sendall(block)
                sent += len(block)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _reset(end: socket.socket) -> None:
    """Close so that the other side sees a reset."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
