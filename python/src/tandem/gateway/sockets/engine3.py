"""Clients of socket.io 2: Engine.IO 3 over websocket, with the framing of socket.io protocol 4.

Here it is the client that sends pings. Every frame is text: a digit of Engine.IO (0 open, 1 close, 2 ping, 3 pong,
4 message), and in a message a digit of socket.io (0 connect, 1 disconnect, 2 event, 3 acknowledgement, 4 error).
"""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from secrets import token_urlsafe
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from tandem.gateway.sockets.frames import Announcement
from tandem.gateway.sockets.rooms import JOIN, Known, may_join

#: Seconds between two pings of a client, and how long after that it is taken for gone.
PING_INTERVAL_S = 25.0
PING_TIMEOUT_S = 20.0
#: How much may wait for a slow client before it is disconnected: events, and characters in all.
BACKLOG_EVENTS = 2000
BACKLOG_CHARACTERS = 32_000_000
#: The longest frame of a client, in characters: it has little to say.
HEARD_CHARACTERS = 10_000
#: `2`, perhaps the id by which an acknowledgement is asked for, and the event as a list.
EVENT = re.compile(r"42(\d{1,10})?(\[.*\])", re.DOTALL)
#: A packet of another namespace begins so.
FOREIGN = re.compile(r"4[0-6](/[^,?]{1,200})")


class Client3:
    """One client: what waits for it, and what it said it wants."""

    def __init__(self, websocket: WebSocket, token: str | None) -> None:
        self.websocket, self.token = websocket, token
        self.rooms: list[str] = []
        self.waiting: asyncio.Queue[str] = asyncio.Queue()
        self.characters = 0
        self.over = asyncio.Event()

    def send(self, frame: str) -> None:
        """Let a frame wait for its turn; one too many ends the connection."""
        self.characters += len(frame)
        self.waiting.put_nowait(frame)
        if self.waiting.qsize() > BACKLOG_EVENTS or self.characters > BACKLOG_CHARACTERS:
            self.over.set()

    async def write(self) -> None:
        """Send what waits, one after the other."""
        while True:
            frame = await self.waiting.get()
            await self.websocket.send_text(frame)
            self.characters -= len(frame)


class Engine3:
    """All clients of this generation."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.clients: set[Client3] = set()

    async def serve(self, websocket: WebSocket, token: str | None) -> None:
        """One client, from its greeting to its end."""
        await websocket.accept()
        client = Client3(websocket, token)
        client.send(f"0{json.dumps(_greeting())}")
        client.send("40")
        self.clients.add(client)
        doing = [asyncio.ensure_future(part) for part in (client.write(), self._read(client), client.over.wait())]
        try:
            await asyncio.wait(doing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.clients.discard(client)
            for task in doing:
                task.cancel()
            await asyncio.gather(*doing, return_exceptions=True)
            if websocket.application_state is WebSocketState.CONNECTED:
                with suppress(Exception):  # it may be gone already, in many ways
                    await websocket.close()

    def emit(self, announcement: Announcement) -> None:
        """Hand an event to the clients it is for."""
        frame = f"42{announcement.wire}"
        for client in list(self.clients):
            if announcement.rooms and not set(client.rooms) & set(announcement.rooms):
                continue
            if not set(client.rooms) & set(announcement.without):
                client.send(frame)

    def drop(self, token: str | None) -> None:
        """End the connections that rest on a token which is good for nothing any more."""
        for client in self.clients:
            if client.token == token:
                client.over.set()

    async def _read(self, client: Client3) -> None:
        """Answer what a client says, until it says nothing for too long or nothing that makes sense."""
        with suppress(WebSocketDisconnect, TimeoutError, KeyError, AssertionError):
            while True:
                patience = asyncio.timeout(PING_INTERVAL_S + PING_TIMEOUT_S)
                async with patience:
                    frame = await client.websocket.receive_text()
                if not frame or len(frame) > HEARD_CHARACTERS or not self._answer(client, frame):
                    return

    def _answer(self, client: Client3, frame: str) -> bool:
        """React to one frame; False where it ends the connection."""
        match frame[0]:
            case "2":
                client.send(f"3{frame[1:]}")
            case "4" if foreign := FOREIGN.match(frame):
                client.send(f'44{foreign[1]},"Invalid namespace"')
            case "4" if event := EVENT.fullmatch(frame):
                self._heard(client, event[1], event[2])
            case "4":
                return frame.startswith("40")
            case "1":
                return False
            case "3" | "5" | "6":
                pass
            case _:
                return False
        return True

    def _heard(self, client: Client3, acknowledgement: str | None, text: str) -> None:
        """A client may join the room of an experiment; everything else it says is left without an answer."""
        try:
            name, *rest = json.loads(text)
        except (ValueError, RecursionError):
            return
        if name != JOIN:
            return
        joined = bool(rest) and may_join(self._known, client.rooms, rest[0])
        if joined and rest[0] not in client.rooms:
            client.rooms.append(rest[0])
        if acknowledgement is not None:
            client.send(f"43{acknowledgement}{json.dumps([joined])}")


def _greeting() -> Mapping[str, Any]:
    return {
        "sid": token_urlsafe(15),
        "upgrades": [],
        "pingInterval": int(PING_INTERVAL_S * 1000),
        "pingTimeout": int(PING_TIMEOUT_S * 1000),
    }
