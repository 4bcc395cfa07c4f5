"""Our events through a socket.io 4 server in Node, behind the classic Redis adapter, to socket.io clients."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.redis import RedisServer
from tandem.events.redis import RedisEvents, open_events
from tandem.settings import Settings

HERE = Path(__file__).parent / "node"
CHECKOUT = Path(__file__).parents[3]
#: Seconds for Node to start, and for an event to arrive.
START_S = 30
ARRIVAL_S = 5
BIG_BYTES = 250_000


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """The folder of the Node packages; installed into .tandem when nobody did yet."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("NOT TESTED AGAINST SOCKET.IO: install Debian's packages 'nodejs' and 'npm'.")
    cached = CHECKOUT / ".tandem" / "node" / "node_modules"
    given = Path(os.environ.get("TANDEM_NODE_MODULES", cached))
    for folder in (given, HERE / "node_modules"):
        if folder.is_dir():
            return folder
    cached.parent.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, cached.parent)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=cached.parent, check=True, timeout=100)
    return cached


class Relay:
    """The Node process; alice and bob listen in the room 'lab', carol listens outside."""

    def __init__(self, redis_url: str, modules: Path) -> None:
        self._process = subprocess.Popen(
            ["node", HERE / "relay.mjs", redis_url, "alice:lab", "bob:lab", "carol"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TANDEM_NODE_MODULES": str(modules)},
        )
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self.next(START_S) == {"ready": True}

    def next(self, timeout_s: float = ARRIVAL_S) -> dict[str, Any]:
        return self._lines.get(timeout=timeout_s)

    def received(self, events: RedisEvents) -> dict[str, list[list[Any]]]:
        """All that each client received until now: everything before a last event that all of them get."""
        events.emit("Last", "")
        received: dict[str, list[list[Any]]] = {"alice": [], "bob": [], "carol": []}
        waiting = set(received)
        while waiting:
            line = self.next()
            if line["event"] == "Last":
                waiting.remove(line["client"])
            else:
                received[line["client"]].append([line["event"], *line["args"]])
        return received

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))


@pytest.fixture(scope="module")
def relay(redis_server: RedisServer, node_modules: Path) -> Iterator[Relay]:
    relay = Relay(redis_server.url, node_modules)
    yield relay
    relay.stop()


@pytest.fixture
def events(redis_server: RedisServer) -> Iterator[RedisEvents]:
    events = open_events(Settings(redis_url=redis_server.url))
    yield events
    events.close()


def test_an_object_reaches_every_client_exactly_once(relay: Relay, events: RedisEvents) -> None:
    payload = {"response": {"error": False, "n": [1, 2.5, None]}, "who": "äöü"}
    assert events.emit("WorkResponse-ff", payload) == 1

    expected = [["WorkResponse-ff", payload]]
    assert relay.received(events) == {"alice": expected, "bob": expected, "carol": expected}


def test_a_text_reaches_every_client_as_a_text(relay: Relay, events: RedisEvents) -> None:
    events.emit("WorkResponse-ff", "H4sIAAAA=")

    expected = [["WorkResponse-ff", "H4sIAAAA="]]
    assert relay.received(events) == {"alice": expected, "bob": expected, "carol": expected}


def test_an_event_for_a_room_reaches_its_members_only_and_once(relay: Relay, events: RedisEvents) -> None:
    assert events.emit("ExperimentUpdates-1", {"a": 1}, room="lab") == 1

    expected = [["ExperimentUpdates-1", {"a": 1}]]
    assert relay.received(events) == {"alice": expected, "bob": expected, "carol": []}


def test_a_room_without_members_is_heard_by_the_server_and_by_no_client(relay: Relay, events: RedisEvents) -> None:
    assert events.emit("ExperimentUpdates-1", {"a": 1}, room="empty") == 1

    assert relay.received(events) == {"alice": [], "bob": [], "carol": []}


def test_a_big_text_arrives_whole(relay: Relay, events: RedisEvents) -> None:
    text = "0123456789" * (BIG_BYTES // 10)
    events.emit("WorkResponse-ff", text)

    received = relay.received(events)
    assert all(events_of == [["WorkResponse-ff", text]] for events_of in received.values())


def test_events_arrive_in_the_order_they_were_sent(relay: Relay, events: RedisEvents) -> None:
    for number in range(100):
        events.emit("Heartbeat-1", {"n": number})

    received = relay.received(events)
    assert all([args["n"] for _, args in heard] == list(range(100)) for heard in received.values())
