"""Events over Redis, in the form that socket.io servers with the classic Redis adapter understand."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from threading import Lock
from time import monotonic

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from socket_io_emitter import Emitter

from tandem.errors import EventsUnavailable, InvalidSetting
from tandem.events.address import redis_url
from tandem.events.base import Payload
from tandem.settings import Settings

log = logging.getLogger(__name__)

#: Seconds to reach Redis, and to wait for its answer.
TIMEOUT_S = 3.0
#: Further tries after the first, and the longest pause between two of them in seconds.
RETRIES = 3
LONGEST_PAUSE_S = 1.0
#: Whoever listened before Redis was away is given so long to come back, in seconds.
RETURN_S = 10.0
#: Seconds between two warnings that nobody listens.
WARNING_INTERVAL_S = 60.0


class RedisEvents:
    """Emits to all sockets, or to one room; an event goes out at least once, to whoever listens now."""

    def __init__(self, locate: Callable[[], str]) -> None:
        self._locate = locate
        self._connected: Redis | None = None
        self._lock = Lock()
        self._warned_at = -WARNING_INTERVAL_S
        self._was_heard = False
        self._away_at = -RETURN_S

    def emit(self, event: str, payload: Payload, room: str | None = None) -> int:
        """Send one event and return how many servers heard it. EventsUnavailable after retries, and while those are not
        back who listened before Redis was away."""
        content = _checked(payload)
        client = self._client()
        publisher = _Publisher(client)
        emitter = Emitter({"client": publisher})  # it keeps state between calls, so never shared
        if room is not None:
            emitter.In(room)
        backoff = ExponentialWithJitterBackoff(cap=LONGEST_PAUSE_S, base=0.1)
        retry = Retry(backoff, RETRIES, (RedisConnectionError, RedisTimeoutError, ReadOnlyError))
        try:
            retry.call_with_retry(partial(emitter.Emit, event, content), lambda _: self._note_absence(client))
        except RedisError as error:
            raise EventsUnavailable(address=_address(client), reason=error) from error
        if publisher.heard:
            self._was_heard = True
        elif self._was_heard and self._was_away(client):
            reason = "it was away, and who listened there has not come back yet"
            raise EventsUnavailable(address=_address(client), reason=reason)
        else:
            self._warn(event, client)
        return publisher.heard

    def ping(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self._client().ping())
        except (RedisError, EventsUnavailable):
            return False

    def close(self) -> None:
        """Let go of connections."""
        if self._connected is not None:
            self._connected.close()

    def _client(self) -> Redis:
        with self._lock:
            if self._connected is None:
                self._connected = _connect(self._locate())
            return self._connected

    def _note_absence(self, client: Redis) -> None:
        self._away_at = monotonic()
        _forget_connections(client)

    def _was_away(self, client: Redis) -> bool:
        """Whether Redis failed us a moment ago, or began anew (connections that this cut are made again in silence)."""
        with suppress(RedisError):
            if client.info("server")["uptime_in_seconds"] < RETURN_S:
                return True
        return monotonic() - self._away_at < RETURN_S

    def _warn(self, event: str, client: Redis) -> None:
        with self._lock:
            if monotonic() - self._warned_at < WARNING_INTERVAL_S:
                return
            self._warned_at = monotonic()
        log.warning("Nobody heard the event %s: no socket.io server listens at %s.", event, _address(client))
        # A node that lost its primary role still takes PUBLISH and reaches nobody: ask the name again.
        _forget_connections(client)


class _Publisher:
    """The client the emitter publishes through; remembers Redis' answer, which the emitter drops."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self.heard = 0

    def publish(self, channel: str, message: bytes) -> None:
        self.heard = int(self._client.publish(channel, message))


def open_events(settings: Settings) -> RedisEvents:
    """The events port that the settings name. Redis itself is first looked for at the first use; InvalidSetting where
    the settings can name none."""
    if settings.redis_url:
        _connect(settings.redis_url).close()
    return RedisEvents(partial(redis_url, settings))


def _connect(url: str) -> Redis:
    try:
        return Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),  # the emit retries as a whole
        )
    except ValueError as error:
        raise InvalidSetting(name="REDIS_URL", value=url.rpartition("@")[2], reason=error) from error


def _forget_connections(client: Redis) -> None:
    client.connection_pool.disconnect(inuse_connections=False)


def _address(client: Redis) -> str:
    where = client.connection_pool.connection_kwargs
    return str(where.get("path") or f"{where.get('host')}:{where.get('port', 6379)}")


def _checked(payload: Payload) -> Payload:
    """The payload in the types the emitter can pack. Bytes would arrive as broken text."""
    if isinstance(payload, str):
        return payload
    if not isinstance(payload, Mapping):
        raise TypeError(f"An event carries an object or a text, not {type(payload).__name__}.")
    _refuse_bytes(payload)
    return dict(payload)


def _refuse_bytes(value: object) -> None:
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError("An event carries text: encode bytes in base64 and decode that to a str first.")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_bytes(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_bytes(item)
