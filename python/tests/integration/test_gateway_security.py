"""From where, and how much: asked of a real gateway without tokens."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import httpx
import pytest
from websocket import WebSocketBadStatusException, create_connection

from fixtures.gateway import GatewayProcess
from fixtures.redis import RedisServer
from helpers.calling import FOREIGN, FRIEND, REQUEST, Caller


@pytest.fixture(scope="module")
def open_gateway(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[GatewayProcess]:
    """A gateway without tokens and with small limits."""
    settings = {
        "TANDEM_CORS_ORIGINS": FRIEND,
        "TANDEM_GATEWAY_HOSTS": "bench.lab.example, other.example",
        "TANDEM_BODY_BYTES": "20000",
        "TANDEM_UPLOAD_BYTES": "50000",
        "TANDEM_BODY_PAUSE": "2",
        "TANDEM_GATEWAY_LISTENERS": "2",
        "TANDEM_GATEWAY_SOCKETS": "2",
    }
    gateway = GatewayProcess(tmp_path_factory.mktemp("open"), redis_server, **settings)
    gateway.add_experiment()
    gateway.start()
    yield gateway
    gateway.close()


def test_it_answers_to_names_of_this_machine_and_given_ones_alone(open_gateway):
    ask, port = Caller(open_gateway), open_gateway.port
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", "localhost", "BENCH.lab.example", "::1"):
        answered = ask("GET", "/experiments", headers={"Host": host}).status_code
        assert answered == (403 if host == "::1" else 200), host
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "[", "@"):
        answer = ask("GET", "/experiments", headers={"Host": host})
        assert answer.status_code in (400, 403), host
        assert "small" not in answer.text
    with pytest.raises(WebSocketBadStatusException, match="403"):
        create_connection(f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", host="evil.example")


def test_strangers_pages_change_nothing_and_hear_nothing(open_gateway):
    ask, port = Caller(open_gateway), open_gateway.port
    for origin in (FOREIGN, "null", f"http://localhost:{port + 1}", "http://127.0.0.1"):
        for method, path in (("POST", "/v2/workRequest/small"), ("PATCH", "/v2/experiments/small/cellSets")):
            assert ask(method, path, json={}, headers={"Origin": origin}).status_code == 403, origin
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert ask("OPTIONS", "/v2/workRequest/small", headers=preflight).status_code == 403
        assert "access-control-allow-origin" not in ask("GET", "/tasks", headers={"Origin": origin}).headers
        for generation in (3, 4):
            address = f"ws://127.0.0.1:{port}/socket.io/?EIO={generation}&transport=websocket"
            with pytest.raises(WebSocketBadStatusException, match="403"):
                create_connection(address, origin=origin)
    for origin in (f"http://127.0.0.1:{port}", FRIEND):
        assert ask("POST", "/v2/workRequest/small", json=REQUEST, headers={"Origin": origin}).status_code == 200


def test_a_page_that_hides_its_origin_changes_nothing_either(own_gateway):
    own_gateway.start(TANDEM_KILL_BY_GET="true")
    ask = Caller(own_gateway)
    for site, refused in (("cross-site", True), ("same-site", True), ("same-origin", False), ("none", False)):
        told = {"Sec-Fetch-Site": site}
        for method, path in (
            ("POST", "/v2/workRequest/small"),
            ("GET", "/jobs/none/kill"),
            ("GET", "/jobs/none/kill/"),
        ):
            answered = ask(method, path, headers=told, **({"json": REQUEST} if method == "POST" else {}))
            assert (answered.status_code == 403) is refused, (site, method, path)
        assert ask("GET", "/tasks", headers=told).status_code == 200
    assert ask("GET", "/jobs/none/kill", headers={"Origin": FOREIGN}).status_code == 403


def test_a_named_origin_may_read_what_it_needs(open_gateway):
    ask = Caller(open_gateway)
    preflight = {
        "Origin": FRIEND,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "content-type,authorization",
    }
    answer = ask("OPTIONS", "/v2/experiments/small/cellSets", headers=preflight)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert answer.headers["access-control-allow-credentials"] == "true"
    answer = ask("GET", "/tasks", headers={"Origin": FRIEND})
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert {"Location", "ETag"} <= set(answer.headers["access-control-expose-headers"].split(", "))


def test_bodies_that_are_too_large_are_refused_before_they_are_read(open_gateway):
    ask = Caller(open_gateway)

    def chunks(number: int) -> Iterator[bytes]:
        yield from (b" " * 1000 for _ in range(number))

    for path, limit in (("/v2/workRequest/small", 20_000), ("/experiments", 50_000), ("/session", 20_000)):
        form = {"Content-Type": "multipart/form-data; boundary=x"} if path == "/experiments" else {}
        whole = ask("POST", path, content=b"x" * (limit + 1), headers=form)
        assert whole.status_code == 413, path
        assert f"{limit:,}" in whole.json()["detail"]
        streamed = ask("POST", path, content=chunks(limit // 1000 + 5), headers=form)
        assert streamed.status_code in (413, 405 if path == "/experiments" else 413), streamed.text
    for path in ("/experiments", "/jobs"):  # only a form goes to the disk
        assert ask("POST", path, content=b"x" * 20_001).status_code == 413
    assert ask("POST", "/v2/workRequest/small", content=chunks(10)).status_code == 422


def test_an_endless_body_is_cut(open_gateway):
    with socket.create_connection(("127.0.0.1", open_gateway.port), 10) as line:
        line.sendall(b"POST /v2/workRequest/small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n")
        line.sendall(b"Content-Type: application/json\r\n\r\n")
        answer, sent = b"", 0
        line.settimeout(0.2)
        while b"413" not in answer and sent < 5_000_000:
            try:
                line.sendall(b"3e8\r\n" + b" " * 1000 + b"\r\n")
                sent += 1000
                if sent % 10_000 == 0:
                    answer += line.recv(1000)
            except TimeoutError:
                continue
            except OSError:
                break
    assert b"413" in answer


def test_a_body_that_does_not_come_is_not_waited_for(open_gateway):
    with socket.create_connection(("127.0.0.1", open_gateway.port), 10) as line:
        line.sendall(b"POST /v2/workRequest/small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n")
        line.sendall(b"Content-Type: application/json\r\n\r\n{")
        assert b"408" in line.recv(100)


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nHost: loc"])
def test_a_head_that_does_not_come_is_not_waited_for(open_gateway, said):
    with socket.create_connection(("127.0.0.1", open_gateway.port), 10) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" if said else b"")
        if said:
            answer = b""
            while b"alive" not in answer:
                answer += line.recv(5000)
        line.sendall(said)
        assert line.recv(100) == b""


def test_listeners_are_counted(open_gateway):
    address = f"{open_gateway.url}/events"
    with httpx.stream("GET", address) as one, httpx.stream("GET", address) as two:
        assert [one.status_code, two.status_code] == [200, 200]
        refused = open_gateway.get("/events")
        assert refused.status_code == 503
        assert "retry-after" in refused.headers
    deadline = time.monotonic() + 10
    while True:
        with httpx.stream("GET", address) as again:
            if again.status_code == 200:
                break
        assert time.monotonic() < deadline
        time.sleep(0.05)

    socket_address = f"ws://127.0.0.1:{open_gateway.port}/socket.io/?EIO=%d&transport=websocket"
    sockets = [create_connection(socket_address % generation) for generation in (3, 4)]
    with pytest.raises(WebSocketBadStatusException, match="503"):
        create_connection(socket_address % 4)
    for one in sockets:
        one.shutdown()


def test_who_asks_too_often_is_told_to_wait(own_gateway):
    own_gateway.start(TANDEM_GATEWAY_RATE="2")
    with httpx.Client() as client:
        answers = [client.get(f"{own_gateway.url}/healthz") for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"] == "1"
    time.sleep(1.1)
    assert own_gateway.get("/healthz").status_code == 200


def test_every_answer_carries_its_headers(open_gateway):
    report = open_gateway.data / "small" / "report.html"
    report.write_text("<style>p{color:red}</style><p>hello")
    for path in ("/", "/tasks", "/nowhere", "/experiments/none", "/docs", "/page/index.html", "/healthz"):
        headers = open_gateway.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "permissions-policy" in headers
        assert "server" not in headers
        assert len(headers["x-request-id"]) == 12
    assert open_gateway.get("/tasks").headers["cache-control"] == "no-store"
    policy = open_gateway.get("/experiments/small/report").headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_it_is_not_ready_without_its_queue_and_says_so(own_gateway):
    (own_gateway.folder / "elsewhere").mkdir()
    own_gateway.launch(TANDEM_QUEUE_URL=f"sqlite://{own_gateway.folder}/elsewhere")
    answer = None
    while answer is None:
        with suppress(httpx.ConnectError):
            answer = own_gateway.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["queue"] is False
    assert answer.json()["record"] is True
    assert "queue" in answer.json()["detail"]
    assert own_gateway.get("/healthz").status_code == 200


def test_a_surprise_is_a_problem_with_the_request_id_of_the_log(open_gateway):
    open_gateway.record.queued("odd", experiment="small", task="GetNUmis", etag="x")
    with closing(sqlite3.connect(open_gateway.folder / "record.sqlite", isolation_level=None)) as file:
        file.execute("UPDATE runs SET state = 'ODD' WHERE run_id = 'odd'")
        answer = open_gateway.get("/tasks/odd")
        file.execute("UPDATE runs SET state = 'KILLED' WHERE run_id = 'odd'")
    assert answer.status_code == 500
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    assert answer.headers["x-request-id"] in open_gateway.log.read_text()
    assert "content-security-policy" in answer.headers
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", ["%00", "a" * 5000, "..%2f..%2fapp.py", "%ff"])
def test_a_name_that_no_file_can_have_is_no_file_of_the_page(gateway, name):
    assert gateway.get(f"/page/{name}").status_code == 404


def test_another_method_is_answered_with_those_there_are(gateway):
    answer = httpx.put(f"{gateway.url}/v2/experiments/small/cellSets")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "PATCH"}
    assert "PUT is not possible" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"a": "\xff"}', b'{"a": ' + b"9" * 6000 + b"}"])
def test_a_body_that_is_no_json_is_refused_in_words(gateway, body):
    answer = httpx.post(f"{gateway.url}/session", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "JSON" in answer.json()["detail"]
