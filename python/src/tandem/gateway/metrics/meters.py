"""What the gateway counts of itself."""

from prometheus_client import CollectorRegistry, Histogram
from starlette.types import Scope

#: The bounds of what a request takes, in seconds.
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
#: What is counted together, since every address that leads nowhere would be a series of its own.
NOWHERE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Meters:
    """One registry, so that several gateways of a process count apart."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "tandem_http_request_seconds",
            "What requests took, until their answer was sent.",
            ("route", "method", "status"),
            buckets=BOUNDS_S,
            registry=self.registry,
        )

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request under the pattern of its address."""
        route = getattr(scope.get("route"), "path", None) or NOWHERE
        method = scope.get("method", "websocket")
        method = method if method in METHODS or method == "websocket" else NOWHERE
        self._requests.labels(route, method, str(status)).observe(seconds)
