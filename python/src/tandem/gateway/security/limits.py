"""How much: requests of one address, bytes of a body, clients that stay."""

import asyncio
import time
from collections import Counter

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tandem.errors import BodyTooLarge, BodyTooSlow, Refused, TooManyConnections, TooManyRequests
from tandem.gateway.security.origins import is_loopback
from tandem.gateway.security.refusals import refuse
from tandem.settings import Settings

#: Requests in a second from one address where the settings name no rate: of another machine, and of this one, which
#: many programs may share.
RATE = 200.0
LOOPBACK_RATE = 2000.0
#: How many seconds' worth of requests may come at once.
BURST_S = 2.0
#: So many addresses are remembered; those that were quiet for long enough are forgotten first.
ADDRESSES_MAX = 10_000
UPLOADS = ("/experiments", "/jobs", "/sweeps", "/data-sets")
LISTENING = "/events"


class Rate:
    """One bucket of requests for each address, refilled all the time."""

    def __init__(self, given: float | None) -> None:
        self._given = given
        self._buckets: dict[str, tuple[float, float]] = {}

    def check(self, address: str) -> None:
        """Take one request out of the address's bucket. TooManyRequests if it is empty."""
        rate = self._given or (LOOPBACK_RATE if not address or is_loopback(address) else RATE)
        now = time.monotonic()
        left, then = self._buckets.get(address, (rate * BURST_S, now))
        left = min(left + (now - then) * rate, max(rate * BURST_S, 1.0))
        if left < 1:
            raise TooManyRequests(rate=rate)
        self._buckets[address] = (left - 1, now)
        if len(self._buckets) > ADDRESSES_MAX:
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < BURST_S}


class Limits:
    """Refuses what is too much, as soon as it is seen to be."""

    def __init__(self, app: ASGIApp, settings: Settings, present: Counter[str]) -> None:
        self._app, self._settings, self._present = app, settings, present
        self._rate = Rate(settings.request_rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._rate.check((scope.get("client") or ("",))[0])
            if scope["path"] == LISTENING:
                await self._listen(scope, receive, send)
            elif scope["type"] == "http":
                await self._with_body(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        except Refused as error:
            await refuse(error, scope, receive, send)

    async def _listen(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._present["listeners"] >= self._settings.listeners:
            raise TooManyConnections(limit=self._settings.listeners, variable="TANDEM_GATEWAY_LISTENERS")
        self._present["listeners"] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._present["listeners"] -= 1

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = Body(receive, send, *self._limit(scope), pause_s=self._settings.body_pause_s)
        body.check_length(Headers(scope=scope).get("content-length"))
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            # What the application makes of the interruption is no news.
            if body.refusal is None or body.answered:
                raise
        if body.refusal is not None and not body.answered:
            raise body.refusal

    def _limit(self, scope: Scope) -> tuple[int, str]:
        # Only forms go to the disk; any other body is read into memory.
        is_form = Headers(scope=scope).get("content-type", "").lower().startswith("multipart/")
        if is_form and scope["method"] == "POST" and scope["path"].rstrip("/") in UPLOADS:
            return self._settings.upload_bytes, "TANDEM_UPLOAD_BYTES"
        return self._settings.body_bytes, "TANDEM_BODY_BYTES"


class Body:
    """A body on its way in, counted; once it is too much, or too slow, no other answer goes out than that."""

    def __init__(self, receive: Receive, send: Send, limit: int, variable: str, *, pause_s: float) -> None:
        self._receive, self._send = receive, send
        self._limit, self._variable, self._pause_s = limit, variable, pause_s
        self._bytes = 0
        self._complete = False
        self.refusal: Refused | None = None
        self.answered = False

    def check_length(self, given: str | None) -> None:
        """Refuse what says itself that it is too large."""
        if given is not None and given.isdigit() and int(given) > self._limit:
            raise BodyTooLarge(limit=self._limit, variable=self._variable)

    async def receive(self) -> Message:
        """The next part; after the last one, whatever comes, for as long as it takes."""
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._pause_s)
        except TimeoutError:
            self._give_up(BodyTooSlow(seconds=self._pause_s))
        self._bytes += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._bytes > self._limit:
            self._give_up(BodyTooLarge(limit=self._limit, variable=self._variable))
        return message

    async def send(self, message: Message) -> None:
        """Hand on the answer, unless the body was refused before it began."""
        if self.refusal is not None and not self.answered:
            return
        self.answered = True
        await self._send(message)

    def _give_up(self, refusal: Refused) -> None:
        self.refusal = refusal
        raise refusal
