"""Receives traces as AWS's daemon would."""

import json
import socket
from typing import Any


class Daemon:
    """A UDP socket that plays the X-Ray daemon."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def segment(self, within_s: float = 2) -> dict[str, Any]:
        """The next segment that arrives."""
        self._socket.settimeout(within_s)
        header, body = self._socket.recv(65536).decode().split("\n", 1)
        assert json.loads(header) == {"format": "json", "version": 1}
        return dict(json.loads(body))

    def is_silent(self) -> bool:
        """Whether nothing arrives for a while."""
        self._socket.settimeout(0.2)
        try:
            self._socket.recv(65536)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()
