"""What workers announce reaches socket.io clients of every generation through the gateway."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgpack
import pytest
from redis import Redis

from fixtures.gateway import GatewayProcess
from fixtures.listeners import GENERATIONS, Listener, heard_until
from fixtures.redis import RedisServer

ANSWER = {"request": {"ETag": "ff", "who": "äöü €"}, "response": {"error": False, "n": [1, 2.5, None]}}
#: What the largest result that travels in an event looks like: 250,000 bytes in base64.
LARGE = "H4sIAAAA" * 41_667

Listen = Callable[..., Listener]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_hears_all_that_workers_announce_in_its_order(gateway, listen: Listen, generation: str):
    client = listen(generation, gateway.url)
    said = [
        ["Heartbeat-small", {"status_code": "STARTED_TASK"}],
        ["ExperimentUpdates-small", ANSWER],
        ["WorkResponse-ff", LARGE],
        ["WorkResponse-ab", ANSWER],
        *(["Heartbeat-small", {"n": number}] for number in range(200)),
    ]
    for event, payload in said:
        assert gateway.events.emit(event, payload) == 1
    gateway.events.emit("Last", "")

    assert heard_until(client, "Last") == said


@pytest.mark.parametrize("generation", ["npm 2.5", "npm 4.8", "python"])
def test_who_joins_an_experiment_hears_its_room(gateway, listen: Listen, generation: str):
    inside, outside = listen(generation, gateway.url, experiment="small"), listen(generation, gateway.url)
    assert inside.next() == ["joined", True]

    gateway.events.emit("ExperimentUpdates-small", {"a": 1}, room="small")
    gateway.events.emit("Last", "")

    assert heard_until(inside, "Last") == [["ExperimentUpdates-small", {"a": 1}]]
    assert heard_until(outside, "Last") == []


@pytest.mark.parametrize("generation", ["npm 2.5", "npm 4.8"])
def test_nobody_joins_an_experiment_that_is_none(gateway, listen: Listen, generation: str):
    assert listen(generation, gateway.url, experiment="../small").next() == ["joined", False]


def test_everybody_comes_back_after_the_gateway_and_after_redis(tmp_path: Path, own_redis: RedisServer, listen: Listen):
    own_redis.start()
    gateway = GatewayProcess(tmp_path, own_redis)
    try:
        gateway.start()
        clients = [listen(generation, gateway.url) for generation in ("npm 2.5", "npm 3.1", "npm 4.8", "python")]

        gateway.restart()
        for client in clients:
            heard_until(client, "connect")
        own_redis.stop()
        _wait(lambda: gateway.get("/readyz").json()["redis"] is False)
        assert gateway.get("/readyz").json()["ready"] is True
        own_redis.start()
        _wait(lambda: gateway.get("/readyz").json()["redis"])
        gateway.events.emit("WorkResponse-ff", ANSWER)

        for client in clients:
            assert client.next() == ["WorkResponse-ff", ANSWER]
    finally:
        gateway.close()


def frame(event: object = "WorkResponse-ff", payload: object = "x", **packet: object) -> bytes:
    whole = {"type": 2, "nsp": "/", "data": [event, payload]} | packet
    return bytes(msgpack.packb(["emitter", whole, {"rooms": "", "flags": ""}], use_bin_type=True))


HOSTILE = {
    "nothing": b"",
    "no msgpack": b"\xc1\xff\x00",
    "text": b"hello",
    "a huge list that is not there": b"\xdd\xff\xff\xff\xff",
    "lists in lists": b"\x91" * 100_000,
    "maps in maps": b"\x81\xa1a" * 50_000,
    "a list as key": b"\x81\x91\x01\x01",
    "too large": frame(payload="x" * 5_000_000),
    "no text": frame(payload="??").replace(b"??", b"\xff\xfe"),
    "binary": frame(payload={"a": b"\x00\x01"}),
    "a list": frame(payload=[1, 2]),
    "a number": frame(payload=7),
    "no finite number": frame(payload={"a": float("nan")}),
    "a name that is none": frame(event=7),
    "an empty name": frame(event=""),
    "a reserved name": frame(event="disconnect"),
    "another type": frame(type=1),
    "another namespace": frame(nsp="/admin"),
    "an extension": bytes(msgpack.packb(["e", {"type": 2, "nsp": "/", "data": ["a", msgpack.ExtType(1, b"x")]}, {}])),
    "no options": bytes(msgpack.packb(["e", {"type": 2, "nsp": "/", "data": ["a", "b"]}])),
    "wrong rooms": bytes(msgpack.packb(["e", {"type": 2, "nsp": "/", "data": ["a", "b"]}, {"rooms": 5}])),
}


def test_hostile_frames_do_nothing_but_count(gateway, listen: Listen):
    clients = [listen("npm 2.5", gateway.url), listen("npm 4.8", gateway.url)]
    before = dropped(gateway)
    with Redis(port=gateway.redis.port) as redis:
        for content in HOSTILE.values():
            redis.publish("socket.io#/#", content)
        redis.publish("socket.io#/#room#", frame())
        redis.publish(b"socket.io#/#\xff\xfe#", frame())
    gateway.events.emit("WorkResponse-ff", ANSWER)

    for client in clients:
        assert client.next() == ["WorkResponse-ff", ANSWER]
    assert dropped(gateway) - before == len(HOSTILE) + 2


def dropped(gateway: GatewayProcess) -> float:
    line = next(line for line in gateway.get("/metrics").text.splitlines() if 'fate="dropped"' in line)
    return float(line.split()[-1])


def test_the_oldest_clients_are_told_that_they_need_a_websocket(gateway):
    answer = gateway.get("/socket.io/?EIO=3&transport=polling")

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert "websocket" in answer.json()["detail"]


def test_the_framing_of_the_oldest_clients(gateway):
    from websocket import create_connection

    address = f"ws://127.0.0.1:{gateway.port}/socket.io/?EIO=3&transport=websocket"
    socket = create_connection(address, timeout=10)
    greeting = socket.recv()
    assert greeting[0] == "0"
    assert set(json.loads(greeting[1:])) == {"sid", "upgrades", "pingInterval", "pingTimeout"}
    assert socket.recv() == "40"
    for said, answered in {
        "2": "3",
        "2probe": "3probe",
        "40/admin,": '44/admin,"Invalid namespace"',
        '427["joinExperiment","small"]': "437[true]",
        '428["joinExperiment"]': "438[false]",
    }.items():
        socket.send(said)
        assert socket.recv() == answered
    for ignored in ('42["something",1]', "42[]", "42[broken]", "42" + "[" * 4000 + "]" * 4000, "5", "6"):
        socket.send(ignored)
    socket.send("2")
    assert socket.recv() == "3"
    socket.send("41")
    assert socket.recv() == ""
    socket.close()


@pytest.mark.parametrize("said", ["x", "9", "41", "1", "451-[]", "42[", "2" * 20_000])
def test_who_makes_no_sense_is_let_go(gateway, said: str):
    from websocket import create_connection

    socket = create_connection(f"ws://127.0.0.1:{gateway.port}/socket.io/?EIO=3&transport=websocket", timeout=10)
    socket.recv(), socket.recv()
    socket.send(said)
    assert socket.recv() == ""
    socket.close()


def test_a_changed_cell_set_and_an_answer_are_told_to_the_page_too(gateway):
    update = {"request": {"body": {"name": "ClusterCells"}}, "response": {"error": False}, "type": "WorkResponse"}
    with httpx.stream("GET", f"{gateway.url}/events?experiment=small", timeout=10) as stream:
        lines = stream.iter_lines()
        next(lines)
        time.sleep(0.2)
        gateway.events.emit("ExperimentUpdates-other", update)
        gateway.events.emit("ExperimentUpdates-small", {"request": {"body": {"name": "DotPlot"}}})
        gateway.events.emit("ExperimentUpdates-small", update)

        assert "event: cellSets" in lines
        assert json.loads(next(lines).removeprefix("data: ")) == {"experiment": "small"}


def _wait(true: Callable[[], object], within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
