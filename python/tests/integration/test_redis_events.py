"""Events over a real Redis: the bytes, who hears them, and what happens when Redis is away."""

import logging
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgpack
import pytest
from redis import Redis
from redis.client import PubSub

from fixtures.platform import wait_until
from fixtures.redis import RedisServer
from helpers.failed_over_node import FailedOverNode
from tandem.errors import EventsUnavailable, InvalidSetting
from tandem.events import redis as events_redis
from tandem.events.redis import RedisEvents, open_events
from tandem.settings import Settings

TO_ALL = b"socket.io#/#"


def events_at(url: str) -> RedisEvents:
    return open_events(Settings(redis_url=url))


@pytest.fixture
def events(redis_server: RedisServer) -> Iterator[RedisEvents]:
    events = events_at(redis_server.url)
    yield events
    events.close()


@pytest.fixture
def listener(redis_server: RedisServer) -> Iterator[PubSub]:
    """Subscribed as the classic adapter of socket.io is."""
    with Redis(port=redis_server.port) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.psubscribe("socket.io#/#*")
        pubsub.get_message(timeout=2)
        yield pubsub


def heard(listener: PubSub) -> dict[str, bytes]:
    message = listener.get_message(timeout=2)
    assert message is not None, "nothing arrived"
    return message


def test_an_object_goes_to_all_in_the_bytes_of_the_emitter_protocol(events: RedisEvents, listener: PubSub) -> None:
    assert events.emit("Heartbeat-1", {"ok": True, "n": 7}) == 1

    message = heard(listener)
    assert message["channel"] == TO_ALL
    assert message["data"] == (
        b"\x93\xa7emitter"
        b"\x83\xa4data\x92\xabHeartbeat-1\x82\xa2ok\xc3\xa1n\x07\xa4type\x02\xa3nsp\xa1/"
        b"\x82\xa5flags\xa0\xa5rooms\xa0"
    )


def test_a_text_goes_out_as_text(events: RedisEvents, listener: PubSub) -> None:
    events.emit("WorkResponse-ff", "H4sI=ä")

    assert heard(listener)["data"] == (
        b"\x93\xa7emitter"
        b"\x83\xa4data\x92\xafWorkResponse-ff\xa7H4sI=\xc3\xa4\xa4type\x02\xa3nsp\xa1/"
        b"\x82\xa5flags\xa0\xa5rooms\xa0"
    )


def test_an_event_for_a_room_goes_to_its_channel_only(events: RedisEvents, listener: PubSub) -> None:
    assert events.emit("Update", {"a": 1}, room="experiment-1") == 1

    message = heard(listener)
    assert message["channel"] == b"socket.io#/#experiment-1#"
    assert msgpack.unpackb(message["data"], raw=False)[2] == {"flags": "", "rooms": ["experiment-1"]}
    assert listener.get_message(timeout=0.2) is None


def test_events_from_many_threads_keep_to_their_rooms(events: RedisEvents, listener: PubSub) -> None:
    numbers = range(200)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: events.emit(f"event-{n}", {"n": n}, room=f"room-{n}"), numbers))

    messages = [heard(listener) for _ in numbers]
    unpacked = [(message["channel"], msgpack.unpackb(message["data"], raw=False)) for message in messages]
    assert {channel: packet["data"] for channel, (_, packet, _) in unpacked} == {
        f"socket.io#/#room-{n}#".encode(): [f"event-{n}", {"n": n}] for n in numbers
    }
    assert all(extras["rooms"] == [f"room-{packet['data'][1]['n']}"] for _, (_, packet, extras) in unpacked)


@pytest.mark.parametrize(
    "payload", [b"raw", {"result": b"raw"}, {"a": [{"b": bytearray(b"raw")}]}, {"a": (memoryview(b"raw"),)}]
)
def test_bytes_are_refused_wherever_they_hide(events: RedisEvents, listener: PubSub, payload: object) -> None:
    with pytest.raises(TypeError, match=r"not bytes|encode bytes"):
        events.emit("Update", payload)
    assert listener.get_message(timeout=0.1) is None


def test_all_servers_that_hear_an_event_are_counted(events: RedisEvents, redis_server: RedisServer) -> None:
    with Redis(port=redis_server.port) as client:
        subscribers = [client.pubsub(ignore_subscribe_messages=True) for _ in range(3)]
        for subscriber in subscribers:
            subscriber.psubscribe("socket.io#/#*")
            subscriber.get_message(timeout=2)
        assert events.emit("Update", {}) == 3
        for subscriber in subscribers:
            subscriber.close()


def test_that_nobody_heard_is_said_once_a_minute_and_without_the_payload(
    events: RedisEvents, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [events.emit("Update-1", {"secret": "hush"}) for _ in range(3)] == [0, 0, 0]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "Nobody heard the event Update-1" in caplog.text
    assert "hush" not in caplog.text

    monkeypatch.setattr(events_redis, "WARNING_INTERVAL_S", 0.0)
    events.emit("Update-2", {})
    assert "Nobody heard the event Update-2" in caplog.text


def test_redis_absent_at_start_is_said_soon_and_found_when_it_comes(own_redis: RedisServer) -> None:
    events = events_at(own_redis.url)
    assert not events.ping()
    began = time.monotonic()
    with pytest.raises(EventsUnavailable, match=f"127.0.0.1:{own_redis.port}"):
        events.emit("Update", {})
    assert time.monotonic() - began < 5

    own_redis.start()
    assert events.ping()
    assert events.emit("Update", {}) == 0
    events.close()


def test_redis_that_drops_mid_run_is_connected_to_again(own_redis: RedisServer) -> None:
    own_redis.start()
    events = events_at(own_redis.url)
    events.emit("Update", {})

    own_redis.restart()
    assert events.emit("Update", {}) == 0
    own_redis.stop()
    assert not events.ping()
    with pytest.raises(EventsUnavailable):
        events.emit("Update", {})
    own_redis.start()
    assert events.emit("Update", {}) == 0
    events.close()


def test_redis_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_redis, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        events = events_at(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(EventsUnavailable, match="Timeout"):
            events.emit("Update", {})
        assert time.monotonic() - began < 5
        events.close()


def test_a_node_that_became_read_only_is_left_and_the_event_sent_again(redis_server: RedisServer) -> None:
    with FailedOverNode(redis_server.port) as node, Redis(port=redis_server.port) as client:
        subscriber = client.pubsub(ignore_subscribe_messages=True)
        subscriber.psubscribe("socket.io#/#*")
        subscriber.get_message(timeout=2)
        with closing(events_at(f"redis://127.0.0.1:{node.port}")) as events:
            assert events.emit("Update", {"n": 1}) == 1
        assert node.refused == 1
        assert heard(subscriber)["channel"] == TO_ALL
        subscriber.close()


def test_who_listened_before_redis_was_away_is_waited_for(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_redis.start()
    with closing(events_at(own_redis.url)) as events:
        with Redis(port=own_redis.port) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.psubscribe("socket.io#/#*")
            pubsub.get_message(timeout=2)
            assert events.emit("WorkResponse-ff", "first") == 1
        own_redis.restart()

        with pytest.raises(EventsUnavailable, match="has not come back"):
            events.emit("WorkResponse-ff", "second")

        with Redis(port=own_redis.port) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.psubscribe("socket.io#/#*")
            pubsub.get_message(timeout=2)
            assert events.emit("WorkResponse-ff", "second") == 1
            assert b"second" in heard(pubsub)["data"]
        assert wait_until(lambda: not patterns_heard(own_redis), 5)
        monkeypatch.setattr(events_redis, "RETURN_S", 0.0)
        assert events.emit("WorkResponse-ff", "nobody came back") == 0


def patterns_heard(server: RedisServer) -> int:
    with Redis(port=server.port) as client:
        return int(client.execute_command("PUBSUB", "NUMPAT"))


def test_redis_that_forbids_publishing_is_named(own_redis: RedisServer) -> None:
    own_redis.start()
    with Redis(port=own_redis.port) as client:
        client.execute_command("ACL", "SETUSER", "mute", "on", ">word", "+@all", "-publish", "allchannels")
    events = events_at(own_redis.url.replace("redis://", "redis://mute:word@"))
    with pytest.raises(EventsUnavailable, match="publish") as refused:
        events.emit("Update", {})
    assert "word" not in str(refused.value)
    events.close()


@pytest.mark.parametrize("url", ["http://user:word@host", "localhost:6379", "redis://host:port"])
def test_a_url_that_is_not_redis_is_named_at_once_without_its_password(url: str) -> None:
    with pytest.raises(InvalidSetting, match="REDIS_URL") as refused:
        open_events(Settings(redis_url=url))
    assert "word" not in str(refused.value)


def test_tls_is_verified_unless_the_url_says_otherwise(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-auth-clients", "no")
    server = RedisServer(tmp_path, *files)
    tls_port = server.add_tls_port()
    server.start()
    try:
        url = f"rediss://localhost:{tls_port}"
        strangers = events_at(url)
        with pytest.raises(EventsUnavailable, match=r"(?i)certificate"):
            strangers.emit("Update", {})
        for trusting in (f"{url}?ssl_cert_reqs=none", f"{url}?ssl_ca_certs={certificate}"):
            events = events_at(trusting)
            assert events.emit("Update", {}) == 0
            events.close()
    finally:
        server.stop()


def self_signed(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names, "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return certificate, key
