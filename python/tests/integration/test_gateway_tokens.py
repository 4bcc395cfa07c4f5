"""Who may do what: asked of a real gateway."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner
from websocket import WebSocketBadStatusException, create_connection

from fixtures.gateway import ELSEWHERE, GatewayProcess
from fixtures.redis import RedisServer
from helpers.calling import FRIEND, REQUEST, Caller
from tandem.cli.main import app
from tandem.errors import TokenNameTaken, TokenUnknown
from tandem.records.tokens import open_tokens


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[GatewayProcess]:
    """A gateway that asks for tokens, and one result in its store."""
    gateway = GatewayProcess(tmp_path_factory.mktemp("guarded"), redis_server, TANDEM_CORS_ORIGINS=FRIEND)
    gateway.add_experiment()
    gateway.store.put("abcd", io.BytesIO(b"{}"), content_type="application/json")
    gateway.tokens = {role: gateway.token(role) for role in ("reader", "submitter", "admin")}
    gateway.start()
    yield gateway
    gateway.close()


def caller(gateway: GatewayProcess, role: str | None) -> Caller:
    return Caller(gateway, gateway.tokens[role] if role else None)


def test_what_needs_no_token(guarded):
    ask = Caller(guarded)
    for path in ("/", "/healthz", "/readyz", "/session", "/docs", "/page/index.html"):
        assert ask("GET", path).status_code == 200, path
    assert ask("GET", "/session").json() == {"role": None, "tokensNeeded": True}


def test_everything_else_needs_one(guarded):
    for ask in (Caller(guarded), Caller(guarded, "tandem_wrong")):
        for path in ("/experiments", "/tasks", "/openapi.json", "/metrics", "/events", "/data", "/results/abcd", "/x"):
            answer = ask("GET", path)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "token" in answer.json()["detail"]
            assert answer.json()["requestId"] == answer.headers["x-request-id"]
        assert ask("POST", "/v2/workRequest/small", json=REQUEST).status_code == 401
        assert ask("DELETE", "/experiments/small").status_code == 401


ROLES = {
    ("GET", "/experiments"): "reader",
    ("GET", "/tasks"): "reader",
    ("GET", "/metrics"): "reader",
    ("GET", "/results/abcd"): "reader",
    ("GET", "/v2/experiments/small/cellSets"): "reader",
    ("PATCH", "/v2/experiments/small/cellSets"): "submitter",
    ("DELETE", "/tasks/none"): "submitter",
    ("POST", "/tasks/none/again"): "submitter",
    ("POST", "/experiments/small/open"): "submitter",
    ("POST", "/experiments"): "admin",
    ("DELETE", "/experiments/none"): "admin",
    ("GET", "/data?path=logs"): "admin",
    ("GET", "/data/file?path=logs/x"): "admin",
    ("PUT", "/whatever"): "admin",
}


@pytest.mark.parametrize("action", ROLES, ids=" ".join)
def test_each_role_may_do_its_part(guarded, action: tuple[str, str]):
    order = ["reader", "submitter", "admin"]
    for role in order:
        answer = caller(guarded, role)(*action)
        if order.index(role) < order.index(ROLES[action]):
            assert answer.status_code == 403
            assert ROLES[action] in answer.json()["detail"]
        else:
            assert answer.status_code not in (401, 403), answer.text


def test_the_page_signs_in_with_a_cookie_no_script_can_read(guarded):
    with httpx.Client(base_url=guarded.url, timeout=10) as browser:
        assert browser.post("/session", json={"token": "tandem_wrong"}).status_code == 401
        answer = browser.post("/session", json={"token": guarded.tokens["submitter"]})
        assert answer.json() == {"role": "submitter", "tokensNeeded": True}
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie.replace("samesite", "")
        assert browser.get("/experiments").status_code == 200
        assert browser.delete("/experiments/none").status_code == 403
        assert browser.delete("/session").status_code == 204
        assert browser.get("/experiments").status_code == 401
    forwarded = {"X-Forwarded-Proto": "https"}
    answer = Caller(guarded)("POST", "/session", json={"token": guarded.tokens["reader"]}, headers=forwarded)
    assert "secure" in answer.headers["set-cookie"].lower().split("; ")


def test_a_reader_is_answered_what_was_computed_before_and_has_nothing_computed(own_gateway):
    tokens = {role: own_gateway.token(role) for role in ("reader", "submitter")}
    own_gateway.start()
    reader, submitter = (Caller(own_gateway, token) for token in tokens.values())

    def ask(who: Caller) -> httpx.Response:
        return who("POST", "/v2/workRequest/small", json=REQUEST)

    refused = ask(reader)
    assert refused.status_code == 403
    assert refused.json()["code"] == "NOT_COMPUTED_YET"
    assert "not been computed yet" in refused.json()["detail"]
    assert reader("GET", "/tasks").json()["total"] == 0

    queued = ask(submitter)
    joined = ask(reader)
    assert joined.headers["location"] == queued.headers["location"]
    assert reader("GET", "/tasks").json()["total"] == 1

    etag = queued.json()["data"]["ETag"]
    own_gateway.store.put(etag, io.BytesIO(b'{"a": 1}'), content_type="application/json")
    found = ask(reader).json()["data"]
    assert found["ETag"] == etag
    assert httpx.get(found["signedUrl"]).json() == {"a": 1}
    assert reader("POST", "/v2/workRequest/small", json={}).status_code == 422


def test_addresses_of_results_open_without_a_header_for_a_while(guarded):
    ask = caller(guarded, "submitter")
    data = ask("POST", "/v2/workRequest/small", json=REQUEST).json()["data"]
    guarded.store.put(data["ETag"], io.BytesIO(b'{"a": 1}'), content_type="application/json")
    address = ask("POST", "/v2/workRequest/small", json=REQUEST).json()["data"]["signedUrl"]

    assert httpx.get(address).json() == {"a": 1}
    assert httpx.get(address.replace(data["ETag"], "abcd")).status_code == 403
    assert httpx.get(address[:-1] + ("0" if address[-1] != "0" else "1")).status_code == 403
    later = address.replace("expires=1", "expires=2")
    assert httpx.get(later).status_code == 403
    assert httpx.get(address.partition("?")[0]).status_code == 401
    assert httpx.get(f"{guarded.url}/tasks?{urlsplit(address).query}").status_code == 401


def test_a_revoked_token_is_refused_everywhere_at_once(own_gateway):
    kept, lost = own_gateway.token("reader"), own_gateway.token("admin")
    own_gateway.start()
    ask = Caller(own_gateway, lost)
    socket_address = f"ws://127.0.0.1:{own_gateway.port}/socket.io/?EIO=3&transport=websocket"
    listener = create_connection(f"{socket_address}&token={lost}", timeout=10)
    listener.recv(), listener.recv()
    with httpx.stream("GET", f"{own_gateway.url}/events", headers=ask.headers, timeout=10) as stream:
        assert stream.status_code == 200
        with closing(open_tokens(own_gateway.settings)) as tokens:
            tokens.revoke(tokens.list()[1].id)
        time.sleep(2)

        assert ask("GET", "/experiments").status_code == 401
        assert Caller(own_gateway, kept)("GET", "/experiments").status_code == 200
        stream.read()
    assert listener.recv() == ""
    listener.shutdown()
    with pytest.raises(WebSocketBadStatusException, match="401"):
        create_connection(f"{socket_address}&token={lost}", timeout=10)


@pytest.mark.parametrize(
    ("generation", "how"),
    [
        ("npm 2.5", lambda token: {"query": {"token": token}}),
        ("npm 3.1", lambda token: {"auth": {"token": token}}),
        ("npm 4.8", lambda token: {"auth": {"token": token}}),
        ("npm 4.8 polling", lambda token: {"extraHeaders": {"Authorization": f"Bearer {token}"}}),
        ("npm 4.8", lambda token: {"extraHeaders": {"Cookie": f"tandem_session={token}"}}),
        ("python", lambda token: {"auth": {"token": token}}),
        ("python", lambda token: {"headers": {"Authorization": f"Bearer {token}"}}),
    ],
)
def test_sockets_are_for_those_with_a_token(guarded, listen, generation: str, how: Callable[[str], dict[str, object]]):
    friend = listen(generation, guarded.url, **how(guarded.tokens["reader"]))
    for stranger in (how("tandem_wrong"), {}):
        said = listen(generation, guarded.url, connects=False, **stranger).next()
        assert said[0] in ("connect_error", "error"), said
    guarded.events.emit("Heartbeat-small", {"n": 1})
    assert friend.next() == ["Heartbeat-small", {"n": 1}]


def test_tokens_are_made_and_listed_without_their_text(own_gateway):
    def tandem(*words: str) -> Result:
        return CliRunner().invoke(app, ["token", *words], env=own_gateway.environment)

    made = tandem("create", "--role", "reader", "--name", "ci")
    text = made.stdout.strip()
    assert len(text) > 40
    assert "only now" in made.stderr
    listed = tandem("list").stdout
    assert "ci" in listed
    assert text not in listed
    assert text.encode() not in b"".join(file.read_bytes() for file in own_gateway.folder.glob("record.sqlite*"))
    assert (own_gateway.folder / "record.sqlite").stat().st_mode & 0o077 == 0

    assert isinstance(tandem("create", "--role", "admin", "--name", "ci").exception, TokenNameTaken)
    assert isinstance(tandem("revoke", "nobody").exception, TokenUnknown)
    assert tandem("create", "--role", "king").exit_code == 2
    assert tandem("revoke", "ci").exit_code == 0
    assert "revoked" in tandem("list").stdout


def test_without_a_platform_the_tokens_are_those_of_its_home(own_gateway):
    home = own_gateway.folder / "home"
    kept = {name: text for name, text in own_gateway.environment.items() if not name.startswith(ELSEWHERE)}
    for name in own_gateway.environment.keys() - kept.keys():
        kept[name] = None
    made = CliRunner().invoke(app, ["token", "create", "--role", "admin"], env=kept | {"TANDEM_HOME": str(home)})
    assert made.exit_code == 0, made.exception
    assert (home / ".tandem" / "record.sqlite").exists()


def test_others_reach_it_only_once_an_admin_has_a_token(own_gateway):
    own_gateway.token("reader")
    own_gateway.launch(TANDEM_GATEWAY_HOST="0.0.0.0")
    assert own_gateway.exit_code() == 2
    assert "tandem token create --role admin" in own_gateway.log.read_text()

    admin = own_gateway.token("admin")
    own_gateway.start(TANDEM_GATEWAY_HOST="0.0.0.0")
    other = Caller(own_gateway, admin)
    assert other("GET", "/experiments", headers={"Host": "tandem.lab.example"}).status_code == 200
    with closing(open_tokens(own_gateway.settings)) as tokens:
        tokens.forget()
    time.sleep(1.5)
    assert own_gateway.get("/experiments").status_code == 401


def test_an_admin_is_there_from_the_start_where_the_settings_say_so(own_gateway):
    token = "0123456789abcdef" * 4
    own_gateway.start(TANDEM_GATEWAY_HOST="0.0.0.0", TANDEM_ADMIN_TOKEN=token)

    assert Caller(own_gateway, token)("GET", "/data?path=logs").status_code in (200, 404)
    assert own_gateway.get("/experiments").status_code == 401
    assert token not in own_gateway.log.read_text()
