"""How a layer says no, before anything of the application was asked."""

from starlette.types import Receive, Scope, Send

from tandem.errors import Refused, TandemError, TooManyConnections, TooManyRequests
from tandem.gateway.problems import answer

#: When to come back, in seconds.
RETRY_AFTER_S = {TooManyRequests: 1, TooManyConnections: 10}


async def refuse(error: TandemError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the problem; a websocket is refused before it opens."""
    response = answer(error, scope["state"].get("request_id"))
    if isinstance(error, Refused) and type(error) in RETRY_AFTER_S:
        response.headers["Retry-After"] = str(RETRY_AFTER_S[type(error)])
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": str(error)[:120]})
        return
    await response(scope, receive, send)
