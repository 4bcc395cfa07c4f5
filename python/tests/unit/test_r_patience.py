"""How long an R service that does not answer is waited for."""

from http.server import BaseHTTPRequestHandler

import pytest

from fixtures.redis import free_port
from helpers.stub_server import StubServer
from tandem.errors import RServiceGone, TaskKilled
from tandem.worker.bridge import RService


def wait_for(url: str, patience_s: float | None) -> int:
    """How often we asked before we gave up; after a few times the caller does."""
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked > 4:
            raise TaskKilled

    RService(url, patience_s).wait_until_ready(check=check, tell=lambda _: None)
    return asked


def test_one_that_stays_away_is_given_up():
    with pytest.raises(RServiceGone, match="does not start"):
        wait_for(f"http://127.0.0.1:{free_port()}", 0.2)


def test_without_a_limit_it_is_waited_for_as_long_as_the_caller_waits():
    with pytest.raises(TaskKilled):
        wait_for(f"http://127.0.0.1:{free_port()}", None)


def test_one_that_answers_that_it_is_loading_is_there():
    def loading(request: BaseHTTPRequestHandler) -> None:
        text = b'{"ready": false, "state": "loading"}'
        request.send_response(200)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    server = StubServer("GET", loading)
    try:
        with pytest.raises(TaskKilled):
            wait_for(server.url, 0.2)
    finally:
        server.close()
