"""Clients of socket.io 3 and later, and python-socketio's: Engine.IO 4 over websocket and polling."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import socketio
from engineio.async_socket import AsyncSocket

from tandem.gateway.sockets.frames import Announcement
from tandem.gateway.sockets.rooms import JOIN, Known, may_join

#: Seconds between two pings, and how long a client may take to answer one.
PING_INTERVAL_S = 25
PING_TIMEOUT_S = 20
#: How much may wait for a slow client before it is disconnected: packets, and characters in all.
BACKLOG_PACKETS = 2000
BACKLOG_CHARACTERS = 32_000_000
#: So few packets are never too much, so their characters need not be counted.
FEW_PACKETS = 8
#: The longest thing a client may say, in bytes.
HEARD_BYTES = 10_000
#: Where clients are: the only namespace there is.
NAMESPACE = "/"

#: Whether a token, or the lack of one, lets its holder listen.
Admits = Callable[[str | None], Awaitable[bool]]


class Engine4:
    """All clients of this generation, served by python-socketio."""

    def __init__(self, known: Known, admits: Admits) -> None:
        self._known, self._admits = known, admits
        #: The token of each connected client.
        self.clients: dict[str, str | None] = {}
        #: Connections that have not said yet which namespace they want, as they were at the last look.
        self._undecided: set[str] = set()
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=[],  # origins are looked at for the whole gateway
            max_http_buffer_size=HEARD_BYTES,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
        )
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on(JOIN, self._join)
        self.serve = self._server.eio.handle_request

    async def emit(self, announcement: Announcement) -> None:
        """Hand an event to the clients it is for, once to each; those too far behind are let go."""
        # Those whose token is still looked at count among everybody already.
        there = {client for client, _ in self._server.manager.get_participants(NAMESPACE, None)}
        strangers = there - self.clients.keys()
        without = [
            client
            for client in (self.clients if announcement.without else ())
            if set(self._server.rooms(client)) & set(announcement.without)
        ]
        to = list(announcement.rooms) or None
        await self._server.emit(
            announcement.event, announcement.payload, to=to, skip_sid=[*strangers, *without] or None
        )
        for client in list(self.clients):
            engine_id = self._server.manager.eio_sid_from_sid(client, NAMESPACE)
            if _is_behind(self._server.eio.sockets.get(engine_id)):
                await self._end(engine_id)

    async def drop(self, token: str | None) -> None:
        """End the connections that rest on a token which is good for nothing any more."""
        for client, held in list(self.clients.items()):
            if held == token:
                await self._end(self._server.manager.eio_sid_from_sid(client, NAMESPACE))

    async def sweep(self) -> None:
        """Let connections go that have not said for a whole turn what they want."""
        connected = {self._server.manager.eio_sid_from_sid(client, NAMESPACE) for client in self.clients}
        undecided = set(self._server.eio.sockets) - connected
        for engine_id in undecided & self._undecided:
            await self._end(engine_id)
        self._undecided = undecided

    @property
    def connections(self) -> int:
        """How many connections there are, also of clients that are only about to join."""
        return len(self._server.eio.sockets)

    async def _connect(self, client: str, environ: Mapping[str, Any], auth: Any) -> bool:
        given = auth.get("token") if isinstance(auth, dict) else None
        token = given if isinstance(given, str) else environ["asgi.scope"]["state"].get("token")
        if not await self._admits(token):
            raise socketio.exceptions.ConnectionRefusedError("This needs a token that is in force.")
        connection = self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(client, NAMESPACE))
        if connection is None or connection.closed:
            # It went while its token was looked at: nobody would ever be told of its end.
            raise socketio.exceptions.ConnectionRefusedError("It is gone.")
        self.clients[client] = token
        return True

    async def _disconnect(self, client: str, _reason: str) -> None:
        self.clients.pop(client, None)

    async def _join(self, client: str, experiment: object = None, *_: object) -> bool:
        joined = may_join(self._known, self._server.rooms(client), experiment)
        if joined:
            await self._server.enter_room(client, experiment)
        return joined

    async def _end(self, engine_id: str | None) -> None:
        """Cut a connection, and what waits for it, without waiting for the other side."""
        connection = self._server.eio.sockets.get(engine_id)
        if connection is None:
            return
        while not connection.queue.empty():
            connection.queue.get_nowait()
            connection.queue.task_done()
        with suppress(Exception):  # it may go by itself in this moment, in many ways
            await connection.close(wait=False)
        self._server.eio.sockets.pop(engine_id, None)
        connection.queue.put_nowait(None)


def _is_behind(connection: AsyncSocket | None) -> bool:
    if connection is None or connection.queue.qsize() <= FEW_PACKETS:
        return False
    waiting = connection.queue._queue  # asyncio's own list: a look without taking anything out
    characters = sum(len(packet.data or "") for packet in waiting if packet is not None)
    return connection.queue.qsize() > BACKLOG_PACKETS or characters > BACKLOG_CHARACTERS
