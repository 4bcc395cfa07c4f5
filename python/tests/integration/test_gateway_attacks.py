"""What somebody who means harm tries first at a real gateway: ways out of its folders, headers of their own, tokens."""

import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from fixtures.gateway import GatewayProcess
from fixtures.redis import RedisServer
from helpers.calling import FRIEND, Caller

CANARY = "kept from everybody"
#: What is put in the place of every name in every address.
NAMES = (
    *("..", "%2e%2e", "..%2f..%2foutside", "%2fetc%2fpasswd", "..%5c..%5coutside", "%252e%252e%252foutside"),
    *("%00", "small%00", "%0d%0aX-Injected:%201", "%ff", "a" * 3000, "-rf", "'%20OR%201=1--", "%D9%A3"),
)
SECRET_FILES = ("r.rds", "cell_sets.json", "report.html", "secret.txt")


def exchange(gateway: GatewayProcess, head: str) -> tuple[str, str]:
    """Send a request as it is, without a client that mends it; its head and its body."""
    more = ("Host: localhost", "Content-Type: application/json", "Content-Length: 2", "Connection: close", "", "{}")
    text = "\r\n".join((head, *more))
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as line:
        line.sendall(text.encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = answer.decode("latin-1").partition("\r\n\r\n")
    return head, body


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[GatewayProcess]:
    """A gateway with a folder of secrets beside its own, and links into it where others look."""
    gateway = GatewayProcess(tmp_path_factory.mktemp("attacked"), redis_server, TANDEM_CORS_ORIGINS=FRIEND)
    outside = gateway.folder / "outside"
    outside.mkdir()
    for name in SECRET_FILES:
        (outside / name).write_text(CANARY)
    (gateway.add_experiment() / "link.txt").symlink_to(outside / "secret.txt")
    (gateway.data / "debug").mkdir()
    (gateway.data / "debug" / "link").symlink_to(outside)
    gateway.start()
    yield gateway
    gateway.close()


def test_no_name_in_an_address_leads_out_or_breaks_anything(gateway):
    addresses = gateway.get("/openapi.json").json()["paths"]
    with_names = [(method.upper(), path) for path, methods in addresses.items() if "{" in path for method in methods]
    assert len(with_names) > 20
    for method, path in with_names:
        for name in NAMES:
            address = re.sub(r"\{[^}]+\}", lambda _, name=name: name, path)
            head, body = exchange(gateway, f"{method} {address} HTTP/1.1")
            assert re.match(r"HTTP/1\.1 [24]\d\d ", head), (method, address, head[:100])
            assert "x-injected" not in head.lower(), (method, address)
            assert CANARY not in body, (method, address)
            assert "root:" not in body, (method, address)


@pytest.mark.parametrize(
    "name", ["link.txt", "../outside/secret.txt", "..", "/etc/passwd", "small/../../outside/r.rds"]
)
def test_the_data_folder_has_no_way_out(gateway, name):
    for root in ("experiments", "experiments/small", "captures", "captures/link", "results", "logs"):
        answer = gateway.get("/data/file", params={"path": f"{root}/{name}"})
        assert answer.status_code == 404, root
        assert CANARY not in gateway.get("/data", params={"path": f"{root}/{name}"}).text


def test_no_header_of_a_stranger_comes_back(gateway):
    for name, value in (("Origin", f"{FRIEND}%0d%0aX-Injected: 1"), ("If-None-Match", '"%0d%0aX-Injected: 1"')):
        answer = httpx.get(f"{gateway.url}/tasks", headers={name: value})
        assert "x-injected" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
    head, _ = exchange(gateway, "GET /healthz HTTP/1.1\r\nHost: evil.example")
    assert head.startswith("HTTP/1.1 400"), "there are two names in it"


def test_a_token_is_written_down_nowhere(own_gateway):
    token = own_gateway.token("admin")
    own_gateway.start(LOG_LEVEL="DEBUG")
    ask = Caller(own_gateway, token)
    assert ask("GET", "/experiments").status_code == 200
    assert ask("GET", f"/tasks?token={token}").status_code == 200
    assert ask("GET", f"/nowhere/{token}").status_code == 404
    assert ask("POST", "/session", json={"token": token}).status_code == 200
    assert ask("POST", "/session", json={"token": f"{token}{token}" * 9}).status_code == 422
    request = {"experimentId": "small", "timeout": "2099-01-01T00:00:00Z", "body": {"name": "GetNUmis"}}
    props = {"requestProps": {"broadcast": True, "cacheUniquenessKey": None}}
    answer = ask("POST", "/v2/workRequest/small", json=request | props)
    assert answer.status_code == 200, answer.text
    assert token not in answer.text
    assert token not in str(answer.headers)
    [told] = ask("GET", "/tasks").json()["items"]
    assert token not in str(told)
    own_gateway.stop()
    queue = own_gateway.folder.glob("queue.sqlite*")  # a worker changes cell sets in the name of who asked
    for path in sorted(set(own_gateway.folder.rglob("*")) - set(queue)):
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path
