"""Who may do what. docs/tokens.md shows the same table."""

import asyncio
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tandem.errors import AddressExpired, RoleTooLow, TandemError, TokenNeeded, TokenRefused
from tandem.gateway.security.addresses import Addresses
from tandem.gateway.security.keyring import Keyring
from tandem.gateway.security.origins import KILLED_BY_GET
from tandem.gateway.security.refusals import refuse
from tandem.records.tokens import Role

COOKIE = "tandem_session"
#: What anybody may ask for: whether the gateway is well, and the page, which holds nothing but itself.
#: Socket.io looks at the token itself, since a client may send it after it has connected.
OPEN_PATHS = ("/", "/healthz", "/readyz", "/session", "/docs")
OPEN_FOLDERS = ("/page/", "/page-parts/", "/socket.io/")
#: What only an admin may look at.
ADMIN_FOLDERS = ("/data",)
#: Where a reader asks for what was computed before. Whoever asks for more is refused there: only there it is known.
ANALYSES = "/v2/workRequest/"
#: Where something is asked for or changed that a submitter may: the method, and how its path begins and ends.
SUBMITTER_MAY = (
    ("PATCH", "/v2/experiments/", "/cellSets"),
    ("DELETE", "/tasks/", ""),
    ("POST", "/tasks/", "/again"),
    ("POST", "/experiments/", "/open"),
    *((method, path, "") for method in ("POST", "DELETE") for path in ("/jobs", "/sweeps", "/groups", "/schedules")),
    *((method, "/data-sets", "") for method in ("POST", "DELETE")),
)
#: The only answers that go on for ever; whoever hears them has to hold a token all that time.
STREAM = "/events"
#: How often that is looked at, in seconds.
LOOK_S = 1.0


def role_needed(method: str, path: str) -> Role | None:
    """The least role that may do this; None if anybody may."""
    if path in OPEN_PATHS or path.startswith(OPEN_FOLDERS):
        return None
    if any(path == folder or path.startswith(f"{folder}/") for folder in ADMIN_FOLDERS):
        return Role.ADMIN
    if KILLED_BY_GET.fullmatch(path):
        return Role.SUBMITTER
    if method in ("GET", "HEAD") or (method == "POST" and path.startswith(ANALYSES)):
        return Role.READER
    for allowed, start, end in SUBMITTER_MAY:
        if method == allowed and path.startswith(start) and path.endswith(end):
            return Role.SUBMITTER
    return Role.ADMIN


def token_in(headers: Headers) -> str | None:
    """The token of a request: of its header, or of its cookie."""
    kind, _, text = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and text.strip():
        return text.strip()
    with suppress(CookieError):
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        return morsel.value if morsel else None
    return None


class Access:
    """Lets through what the token allows."""

    def __init__(self, app: ASGIApp, keyring: Keyring, addresses: Addresses) -> None:
        self._app, self._keyring, self._addresses = app, keyring, addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        token = scope["state"]["token"] = token_in(Headers(scope=scope))
        try:
            await self._check(scope, token)
        except TandemError as error:
            await refuse(error, scope, receive, send)
            return
        if scope["path"] == STREAM:
            await self._stream(scope, receive, send, token)
        else:
            await self._app(scope, receive, send)

    async def _check(self, scope: Scope, token: str | None) -> None:
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        needed = role_needed(scope.get("method", "GET"), path)
        if needed is None:
            return
        role = await self._keyring.role_of(token)
        if role is None and self._addresses.is_signed(path, query):
            if not self._addresses.opens(path, query):
                raise AddressExpired
            return
        if role is None:
            raise TokenRefused if token else TokenNeeded
        if not role.covers(needed):
            raise RoleTooLow(needed=needed, role=role)
        scope["state"]["role"], scope["state"]["owner"] = role, self._keyring.name_of(token)

    async def _holds(self, token: str | None) -> bool:
        """Whether a token is in force still. Where nobody can tell, the stream is begun anew once somebody can."""
        with suppress(TandemError):
            return await self._keyring.role_of(token) is not None
        return False

    async def _stream(self, scope: Scope, receive: Receive, send: Send, token: str | None) -> None:
        """Serve until the client goes, or its token does."""
        serving = asyncio.ensure_future(self._app(scope, receive, send))
        try:
            while not serving.done():
                await asyncio.wait({serving}, timeout=LOOK_S)
                if not serving.done() and not await self._holds(token):
                    serving.cancel()
                    await asyncio.wait({serving})
                    await send({"type": "http.response.body", "body": b""})
                    return
            await serving
        finally:
            serving.cancel()
