"""From where: names of this gateway that it answers to, and pages that may use it."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tandem.errors import HostRefused, OriginRefused, TandemError
from tandem.gateway.security.keyring import Keyring
from tandem.gateway.security.refusals import refuse
from tandem.settings import Settings

#: The names of this machine. Any other may be a stranger's that was pointed here (DNS rebinding).
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: What a page may ask for without changing anything; whether it may read the answer, its browser decides by CORS.
HARMLESS = frozenset({"GET", "HEAD"})
#: What changes something although it is only asked for, as old scripts do.
KILLED_BY_GET = re.compile(r"/jobs/[^/]+/kill/?")
#: What browsers say of a request that a page of another address made, also where they tell no origin.
FROM_ELSEWHERE = frozenset({"cross-site", "same-site"})


class Origins:
    """Refuses strangers' names as long as no token protects the gateway, and strangers' pages always."""

    def __init__(self, app: ASGIApp, settings: Settings, keyring: Keyring) -> None:
        self._app, self._keyring = app, keyring
        self._hosts = LOOPBACK | {host.lower() for host in settings.gateway_hosts}
        self._origins = frozenset(settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            await self._check(scope, Headers(scope=scope))
        except TandemError as error:
            await refuse(error, scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _check(self, scope: Scope, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if host_name(host) not in self._hosts and not await self._keyring.needed():
            raise HostRefused(host=host[:100])
        if scope.get("method") in HARMLESS and not KILLED_BY_GET.fullmatch(scope["path"]):
            return
        if origin is None and headers.get("sec-fetch-site") in FROM_ELSEWHERE:
            raise OriginRefused(origin="another address")
        if origin is not None and origin not in self._origins and not same(origin, host):
            raise OriginRefused(origin=origin[:100])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there, or speaks from there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_name(host: str) -> str:
    """The name in a Host header, without its port; nothing where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def same(origin: str, host: str) -> bool:
    """Whether a page comes from the very address that it asks."""
    scheme, _, place = origin.partition("://")
    return scheme in ("http", "https") and place.lower() == host.lower()
