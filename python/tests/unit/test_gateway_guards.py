"""What the layers around the gateway decide by themselves."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import msgpack
import pytest
import socketio
from hypothesis import given
from hypothesis import strategies as st

from tandem.errors import RecordUnavailable, TooManyRequests
from tandem.gateway.security import access
from tandem.gateway.security import addresses as signed
from tandem.gateway.security.access import role_needed
from tandem.gateway.security.addresses import Addresses
from tandem.gateway.security.headers import headers_for
from tandem.gateway.security.keyring import Keyring
from tandem.gateway.security.limits import Rate
from tandem.gateway.security.origins import host_name, is_loopback, same
from tandem.gateway.sockets import engine3
from tandem.gateway.sockets.engine3 import Engine3
from tandem.gateway.sockets.engine4 import Engine4
from tandem.gateway.sockets.frames import ALL, Announcement, Malformed, read_frame
from tandem.logs import redact
from tandem.records.tokens import Role


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/", None),
        ("GET", "/page/main.js", None),
        ("GET", "/pages", Role.READER),
        ("GET", "/experiments", Role.READER),
        ("HEAD", "/results/ab", Role.READER),
        ("GET", "/data", Role.ADMIN),
        ("GET", "/data/file", Role.ADMIN),
        ("GET", "/database", Role.READER),
        ("POST", "/v2/workRequest/demo", Role.READER),
        ("DELETE", "/tasks/1", Role.SUBMITTER),
        ("POST", "/tasks/1/again", Role.SUBMITTER),
        ("POST", "/tasks/1/anything", Role.ADMIN),
        ("PATCH", "/v2/experiments/demo/cellSets", Role.SUBMITTER),
        ("PATCH", "/experiments/demo", Role.ADMIN),
        ("POST", "/experiments", Role.ADMIN),
        ("DELETE", "/experiments/demo", Role.ADMIN),
        ("POST", "/something/new", Role.ADMIN),
    ],
)
def test_what_is_not_named_is_for_admins(method: str, path: str, needed: Role | None):
    assert role_needed(method, path) is needed


def test_each_role_covers_those_before_it():
    assert Role.ADMIN.covers(Role.READER)
    assert Role.SUBMITTER.covers(Role.SUBMITTER)
    assert not Role.READER.covers(Role.SUBMITTER)


def test_a_bucket_is_emptied_and_fills_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("tandem.gateway.security.limits.time.monotonic", lambda: now[0])
    rate = Rate(10)
    for _ in range(20):
        rate.check("10.0.0.1")
    with pytest.raises(TooManyRequests):
        rate.check("10.0.0.1")
    rate.check("10.0.0.2")
    now[0] = 0.1
    rate.check("10.0.0.1")
    with pytest.raises(TooManyRequests):
        rate.check("10.0.0.1")


def test_this_machine_may_ask_ten_times_as_often(monkeypatch):
    monkeypatch.setattr("tandem.gateway.security.limits.time.monotonic", lambda: 0.0)
    rate = Rate(None)
    for address, burst in (("10.0.0.1", 400), ("127.0.0.1", 4000), ("::1", 4000)):
        for _ in range(burst):
            rate.check(address)
        with pytest.raises(TooManyRequests):
            rate.check(address)


class NoTokens:
    def list(self) -> list[object]:
        return []


def test_a_signature_is_for_one_result_and_not_for_ever(monkeypatch):
    keyring = Keyring(NoTokens(), always=True)  # type: ignore[arg-type]
    ours = Addresses(b"k" * 32, keyring)
    path, _, query = ours.of("http://here/", "abcd").removeprefix("http://here").partition("?")

    assert ours.is_signed(path, query)
    assert ours.opens(path, query)
    assert not ours.opens("/results/abce", query)
    assert not Addresses(b"l" * 32, keyring).opens(path, query)
    for broken in ("", "signature=x", "expires=&signature=é", f"{query}0", query.replace("expires=", "expires=9")):
        assert not ours.opens(path, broken)
    monkeypatch.setattr(signed.time, "time", lambda: 10**10)
    assert not ours.opens(path, query)


@pytest.mark.parametrize(
    ("host", "name"),
    [("localhost:80", "localhost"), ("[::1]:80", "::1"), ("A.b", "a.b"), ("", ""), ("[", "")],
)
def test_the_name_of_a_host(host: str, name: str):
    assert host_name(host) == name


def test_an_origin_is_ours_if_it_is_the_very_address():
    assert same("http://localhost:8080", "localhost:8080")
    assert same("https://lab.example", "LAB.example")
    for origin in ("http://localhost", "null", "http://localhost:8080.evil.example", "file://localhost:8080", ""):
        assert not same(origin, "localhost:8080")


def test_only_loopback_needs_no_token():
    assert all(map(is_loopback, ("127.0.0.1", "127.0.0.2", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "", "192.168.0.5", "lab.example")))


def test_files_from_elsewhere_never_run():
    jobs = ("/jobs/1/results/page.svg", "/jobs/1/results/a/\n", "/jobs/1/log.txt", "/jobs/1/output.zip")
    for path in ("/data/file", "/results/ab", "/experiments/x/report", *jobs):
        assert "sandbox" in headers_for(path)["Content-Security-Policy"]
        assert "script-src" not in headers_for(path)["Content-Security-Policy"]
        assert "connect-src" not in headers_for(path)["Content-Security-Policy"]


def test_a_token_never_reaches_the_log():
    text = "GET /socket.io/?EIO=3&token=tandem_abcdefghijklmnopqrstuvwxyz-0123456789_ABC accepted"
    assert "abcdef" not in redact(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(frame: bytes):
    with pytest.raises(Malformed):
        read_frame(ALL.encode(), frame)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(), st.lists, max_leaves=9
)


@given(json_like | st.dictionaries(st.text(), json_like), json_like, json_like)
def test_any_frame_is_read_whole_or_refused(payload: object, rooms: object, odd: object):
    packet = {"type": 2, "nsp": "/", "data": ["E", payload], "odd": odd}
    packed = msgpack.packb(["uid", packet, {"rooms": rooms, "flags": odd}], use_bin_type=True)
    try:
        read = read_frame(ALL.encode(), packed)
    except Malformed:
        return
    assert isinstance(read.payload, (dict, str))
    assert json.loads(read.wire) == ["E", payload]


def test_the_forms_of_both_emitters_are_read():
    packet = {"type": 2, "nsp": "/", "data": ["E", "x"]}
    for options in ({"rooms": "", "flags": ""}, {"rooms": [], "flags": {}, "except": []}, {}):
        assert read_frame(ALL.encode(), msgpack.packb(["u", packet, options])).rooms == ()
    to_room = msgpack.packb(["u", packet, {"rooms": ["a", "b"], "except": ["c"]}])
    assert read_frame(ALL.encode(), to_room).rooms == ("a", "b")
    assert read_frame(b"socket.io#/#a#", to_room).rooms == ("a",)
    assert read_frame(ALL.encode(), to_room).without == ("c",)


class SilentSocket:
    """A client of the old generation that connects and says nothing any more."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed = False
        self.application_state = engine3.WebSocketState.CONNECTED

    async def accept(self) -> None: ...

    async def send_text(self, text: str) -> None:
        self.sent.append(text)

    async def receive_text(self) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        self.closed = True


def test_a_client_that_sends_no_pings_is_let_go(monkeypatch):
    monkeypatch.setattr(engine3, "PING_INTERVAL_S", 0.05)
    monkeypatch.setattr(engine3, "PING_TIMEOUT_S", 0.05)
    socket, engine = SilentSocket(), Engine3(lambda _: True)

    asyncio.run(asyncio.wait_for(engine.serve(socket, None), 5))  # type: ignore[arg-type]

    assert socket.closed
    assert socket.sent[1] == "40"
    assert not engine.clients


class Leaving:
    """A keyring that looks for a token while the client goes."""

    def __init__(self) -> None:
        self.engine = Engine4(lambda _: True, self.admits)

    async def admits(self, _token: str | None) -> bool:
        self.engine._server.eio.sockets.clear()
        return True


def test_a_client_that_goes_while_its_token_is_looked_at_leaves_nothing():
    async def connect() -> Engine4:
        engine = Leaving().engine
        engine._server.eio.sockets["line"] = SimpleNamespace(closed=False)
        client = await engine._server.manager.pre_connect("line", "/")
        with pytest.raises(socketio.exceptions.ConnectionRefusedError):
            await engine._connect(client, {"asgi.scope": {"state": {}}}, None)
        return engine

    assert not asyncio.run(connect()).clients


def test_nothing_is_told_to_a_client_before_it_is_admitted():
    told: list[str] = []

    async def note(line: str, _packet: object) -> None:
        told.append(line)

    async def emit() -> None:
        engine = Engine4(lambda _: True, lambda _: asyncio.sleep(0, True))
        engine._server._send_eio_packet = note
        await engine._server.manager.pre_connect("stranger", "/")
        engine.clients[await engine._server.manager.pre_connect("friend", "/")] = None
        await engine.emit(Announcement("Heartbeat-demo", {}, '["Heartbeat-demo",{}]'))

    asyncio.run(emit())

    assert told == ["friend"]


def test_a_stream_ends_without_a_noise_where_nobody_can_tell_whose_token_it_is(monkeypatch):
    monkeypatch.setattr(access, "LOOK_S", 0.01)
    said: list[dict[str, object]] = []

    class Forgetful:
        """Knows a token once."""

        asked = 0

        async def role_of(self, _token: str | None) -> Role:
            self.asked += 1
            if self.asked > 1:
                raise RecordUnavailable(database="the record", reason="it is away")
            return Role.ADMIN

        def name_of(self, _token: str | None) -> str:
            return "me"

    async def endless(_scope: object, _receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()

    async def hear(message: dict[str, object]) -> None:
        said.append(message)

    scope = {"type": "http", "method": "GET", "path": "/events", "query_string": b"", "headers": [], "state": {}}
    layer = access.Access(endless, Forgetful(), Addresses(b"", None))  # type: ignore[arg-type]
    asyncio.run(asyncio.wait_for(layer(scope, None, hear), 5))  # type: ignore[arg-type]

    assert [message["type"] for message in said] == ["http.response.start", "http.response.body"]
