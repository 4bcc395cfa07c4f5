"""Free TCP ports on this machine."""

import socket
from collections.abc import Collection

#: Where clients would look first.
REDIS = 6379
R_SERVICE = 4000
GATEWAY = 8080
#: How many ports after the preferred one are tried before the system chooses.
NEIGHBOURS = 20
LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether nobody listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose(preferred: int, taken: Collection[int] = (), host: str = LOOPBACK) -> int:
    """The preferred port if it is free, else one close to it, else any."""
    for port in range(preferred, preferred + NEIGHBOURS):
        if port not in taken and is_free(port, host):
            return port
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port
