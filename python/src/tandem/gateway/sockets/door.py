"""Everything behind /socket.io/: both generations of clients, and what is relayed to them."""

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from tandem.errors import OldPolling, TandemError, TokenNeeded, TokenRefused, TooManyConnections
from tandem.gateway.live import Live, cell_sets_changed
from tandem.gateway.security.keyring import Keyring
from tandem.gateway.security.refusals import refuse
from tandem.gateway.sockets.engine3 import Engine3
from tandem.gateway.sockets.engine4 import Engine4
from tandem.gateway.sockets.frames import Announcement
from tandem.gateway.sockets.relay import Relay
from tandem.settings import Settings
from tandem.tasks.catalogue import changes_cell_sets

log = logging.getLogger(__name__)

#: How often tokens of connected clients are looked at, in seconds, and after how many looks idle connections are.
LOOK_S = 1.0
LOOKS_BETWEEN_SWEEPS = 20


class Sockets:
    """One application for all clients that listen by socket.io."""

    def __init__(self, settings: Settings, keyring: Keyring, live: Live, known: Callable[[str], bool]) -> None:
        self._limit, self._keyring, self._live = settings.sockets, keyring, live
        self._engine3 = Engine3(known)
        self._engine4 = Engine4(known, self._admits)
        self.relay = Relay(settings, self._hand_on)

    @property
    def connected(self) -> dict[str, int]:
        """How many connections there are of each generation of Engine.IO."""
        return {"3": len(self._engine3.clients), "4": self._engine4.connections}

    async def run(self) -> None:
        """Relay, and keep out those who may not listen any more, until cancelled."""
        async with asyncio.TaskGroup() as doing:
            doing.create_task(self.relay.run())
            doing.create_task(self._watch())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        old = query.get("EIO") == ["3"]
        try:
            # With a session's id a newer client goes on with what was counted already.
            if (old or "sid" not in query) and sum(self.connected.values()) >= self._limit:
                raise TooManyConnections(limit=self._limit, variable="TANDEM_GATEWAY_SOCKETS")
            if old:
                token = await self._token_of_old(scope, query.get("token", [None])[0])
                await self._engine3.serve(WebSocket(scope, receive, send), token)
            else:
                await self._engine4.serve(scope, receive, send)
        except TandemError as error:
            await refuse(error, scope, receive, send)

    async def _token_of_old(self, scope: Scope, asked_with: str | None) -> str | None:
        if scope["type"] != "websocket":
            raise OldPolling
        token = scope["state"].get("token") or asked_with
        if not await self._admits(token):
            raise TokenRefused if token else TokenNeeded
        return token

    async def _admits(self, token: str | None) -> bool:
        return await self._keyring.role_of(token) is not None

    async def _hand_on(self, announcement: Announcement) -> None:
        self._engine3.emit(announcement)
        await self._engine4.emit(announcement)
        kind, _, about = announcement.event.partition("-")
        if kind == "WorkResponse":
            self._live.look()
        elif (kind == "ExperimentUpdates" and changes_cell_sets(_task(announcement))) or kind == "JobCellSets":
            self._live.tell(cell_sets_changed(about))

    async def _watch(self) -> None:
        look = 0
        while True:
            await asyncio.sleep(LOOK_S)
            look += 1
            try:
                for token in {client.token for client in self._engine3.clients} | set(self._engine4.clients.values()):
                    if not await self._admits(token):
                        self._engine3.drop(token)
                        await self._engine4.drop(token)
                if look % LOOKS_BETWEEN_SWEEPS == 0:
                    await self._engine4.sweep()
            except Exception:
                log.exception("looking after the sockets went wrong")


def _task(announcement: Announcement) -> str:
    """The name of the task that an update of an experiment tells of; nothing where it tells of something else."""
    part = announcement.payload
    for name in ("request", "body", "name"):
        part = part.get(name) if isinstance(part, dict) else None
    return part if isinstance(part, str) else ""
