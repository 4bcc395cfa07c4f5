"""From Redis to the clients: hears what workers announce, for ever, and hands it on in the order it came."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from tandem.errors import EventsUnavailable
from tandem.events.address import redis_url
from tandem.gateway.sockets.frames import ALL, Announcement, Malformed, read_frame
from tandem.settings import Settings

log = logging.getLogger(__name__)

#: Seconds between two tries to reach Redis: the first pause, doubled each time up to the longest.
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
#: Seconds to reach Redis, between two questions whether it is still there, and until silence means that it is not.
CONNECT_S = 3.0
QUIET_S = 5.0
SILENCE_S = 15.0
#: Frames above this size, in bytes, are read in a thread, so that clients are served meanwhile.
LARGE_BYTES = 64_000
#: Seconds between two warnings about frames that make no sense.
WARNING_INTERVAL_S = 60.0

HandOn = Callable[[Announcement], Awaitable[None]]


class Relay:
    """One subscription, and what became of the frames that came by it."""

    def __init__(self, settings: Settings, hand_on: HandOn) -> None:
        self._settings, self._hand_on = settings, hand_on
        self.connected = False
        self.frames = Counter(relayed=0, dropped=0)
        self._warned_at = -WARNING_INTERVAL_S

    async def run(self) -> None:
        """Listen until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, EventsUnavailable, ValueError) as error:
                if self.connected:
                    pause = FIRST_PAUSE_S
                log.warning(
                    "Redis does not answer, so no event is relayed; the next try is in %.1f s: %s", pause, error
                )
            finally:
                self.connected = False
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _listen(self) -> None:
        url = await asyncio.to_thread(redis_url, self._settings)
        async with Redis.from_url(url, socket_connect_timeout=CONNECT_S) as client, client.pubsub() as channel:
            await channel.psubscribe(f"{ALL}*")
            heard_at = time.monotonic()
            while True:
                message = await channel.get_message(timeout=QUIET_S)
                if message is None:
                    heard_at = await self._knock(channel, heard_at)
                    continue
                heard_at = time.monotonic()
                if message["type"] == "psubscribe":
                    self.connected = True
                    log.info("events are relayed from Redis")
                elif message["type"] == "pmessage":
                    await self._relay(message["channel"], message["data"])

    async def _knock(self, channel: PubSub, heard_at: float) -> float:
        """Nothing came for a while: ask, and give up when nothing has come for long."""
        if time.monotonic() - heard_at > SILENCE_S:
            raise TimeoutError(f"nothing was heard for {SILENCE_S:.0f} s")
        await channel.ping()
        return heard_at

    async def _relay(self, channel: bytes, frame: bytes) -> None:
        try:
            if len(frame) > LARGE_BYTES:
                announcement = await asyncio.to_thread(read_frame, channel, frame)
            else:
                announcement = read_frame(channel, frame)
        except Malformed as error:
            self.frames["dropped"] += 1
            self._warn(error)
            return
        self.frames["relayed"] += 1
        try:
            await self._hand_on(announcement)
        except Exception:
            log.exception("the event %s could not be handed on", announcement.event)
        # Writers get their turn between two frames, or a burst would look like slow clients.
        await asyncio.sleep(0)

    def _warn(self, error: Malformed) -> None:
        if time.monotonic() - self._warned_at > WARNING_INTERVAL_S:
            self._warned_at = time.monotonic()
            log.warning("a frame on Redis was dropped: %s", error)
