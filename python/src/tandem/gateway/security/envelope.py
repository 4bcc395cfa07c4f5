"""The outermost layer: every request has an id, every answer its headers, and every surprise ends as a problem."""

import time
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tandem.gateway.metrics.meters import Meters
from tandem.gateway.problems import unexpected
from tandem.gateway.security.headers import headers_for
from tandem.logs import context


class Envelope:
    """What is around every request."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex[:12]
        scope.setdefault("state", {})["request_id"] = request_id
        begun, status = time.perf_counter(), 0

        async def stamp(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in headers_for(scope["path"]).items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
            await send(message)

        with context(request_id=request_id):
            try:
                await self._app(scope, receive, stamp)
            except ClientDisconnect:
                pass  # nobody is there any more to be answered
            except Exception as error:
                if status or scope["type"] != "http":
                    raise
                await unexpected(error, request_id)(scope, receive, stamp)
        if status:
            self._meters.answered(scope, status, time.perf_counter() - begun)
