"""Somebody who asks a gateway, and the origins of pages that may or may not."""

import httpx

from fixtures.gateway import GatewayProcess

FOREIGN = "https://evil.example"
FRIEND = "https://lab.example"
REQUEST = {
    "experimentId": "small",
    "timeout": "2099-01-01T00:00:00Z",
    "body": {"name": "GetNUmis"},
    "requestProps": {"broadcast": False, "cacheUniquenessKey": None},
}


class Caller:
    """Somebody with a token, or without."""

    def __init__(self, gateway: GatewayProcess, token: str | None = None) -> None:
        self.gateway = gateway
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, **more: object) -> httpx.Response:
        headers = self.headers | dict(more.pop("headers", {}))
        return httpx.request(method, f"{self.gateway.url}{path}", headers=headers, timeout=10, **more)
