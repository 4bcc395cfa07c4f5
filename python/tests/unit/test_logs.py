"""The log: what a line holds, in both forms, and what it never holds."""

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem import logs
from tandem.settings import Settings

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJlLV8"
SIGNED = "https://bucket.s3.amazonaws.com/results/ff?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=0a1b2c&x-id=GetObject"

log = logging.getLogger("tandem.test")


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """The log of the test session is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure(Settings(log_format=request.param))
    return stream


as_text = pytest.mark.parametrize("written", ["text"], indirect=True)
as_json = pytest.mark.parametrize("written", ["json"], indirect=True)
as_both = pytest.mark.parametrize("written", ["text", "json"], indirect=True)


@as_json
def test_a_json_line_holds_the_fact_and_what_it_is_about(written: io.StringIO) -> None:
    with logs.context(etag="ff", experiment="demo"), logs.context(request_id="r-1"):
        log.info("uploaded %d bytes of %s", 7, "äöü")

    line = json.loads(written.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "tandem.test",
        "message": "uploaded 7 bytes of äöü",
        "etag": "ff",
        "experiment": "demo",
        "request_id": "r-1",
    }


@as_text
def test_a_text_line_holds_the_same(written: io.StringIO) -> None:
    with logs.context(etag="ff", experiment=None):
        log.warning("slow")

    assert written.getvalue().endswith(" WARNING tandem.test: slow etag=ff\n")


@as_json
def test_the_context_ends_with_its_block_and_stays_in_its_thread(written: io.StringIO) -> None:
    with logs.context(etag="ff"):
        thread = threading.Thread(target=lambda: log.info("elsewhere"))
        thread.start()
        thread.join()
        with pytest.raises(ZeroDivisionError), logs.context(etag="00"):
            raise ZeroDivisionError
        log.info("inside")
    log.info("outside")

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {line["message"]: line.get("etag") for line in lines} == {
        "elsewhere": None if sys.version_info < (3, 14) else "ff",
        "inside": "ff",
        "outside": None,
    }


@as_both
def test_one_fact_is_one_line(written: io.StringIO) -> None:
    with logs.context(etag="ff\nINFO tandem: forged"):
        log.info("first\r\nINFO tandem: forged")

    assert len(written.getvalue().splitlines()) == 1


@as_both
@pytest.mark.parametrize("secret", [JWT, "opaque-token-123", "c2lnbmF0dXJl", "0a1b2c", "hunter2"])
def test_no_secret_is_written_wherever_it_appears(written: io.StringIO, secret: str) -> None:
    carriers = [
        f"Authorization: Bearer {JWT}",
        "{'authJWT': 'Bearer opaque-token-123'}",
        f"the token {JWT} is old",
        f"GET {SIGNED} failed",
        "HTTP GET /results/ff?AWSAccessKeyId=AKIA1&Signature=c2lnbmF0dXJl%3D&Expires=1",
        "redis://user:hunter2@cache:6379 and postgresql://me:hunter2@db/runs",
    ]
    for carrier in carriers:
        log.info("seen: %s", carrier)
        with logs.context(request_id=carrier):
            log.info("in the context")
        fail(ValueError(carrier))

    output = written.getvalue()
    assert "it failed" in output
    assert secret not in output
    assert "https://bucket.s3.amazonaws.com/results/ff?[signed]" in output


@as_both
def test_what_is_no_secret_stays(written: io.StringIO) -> None:
    harmless = "GET http://127.0.0.1:4000/v0/requests?limit=5 by eye@example.org at 10:30; any news?"
    log.info(harmless)

    assert harmless in written.getvalue()


@as_both
def test_an_error_is_told_with_its_traceback(written: io.StringIO) -> None:
    fail(KeyError("gone"))

    assert "Traceback (most recent call last)" in written.getvalue()
    assert "KeyError: 'gone'" in written.getvalue()


@as_text
def test_configuring_again_does_not_write_twice(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure(Settings(log_format="text"))
    log.info("once")

    assert written.getvalue().count("once") == 1


@as_text
def test_libraries_that_chat_are_quiet_but_warn(written: io.StringIO) -> None:
    logging.getLogger("botocore.credentials").info("found")
    logging.getLogger("urllib3.connectionpool").warning("retrying")

    assert "found" not in written.getvalue()
    assert "retrying" in written.getvalue()


@given(st.text(), st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=12))
def test_a_bearer_token_is_found_in_any_surroundings(before: str, token: str) -> None:
    assert f"bearer {token}" not in logs.redact(f"{before} bearer {token}").lower()


def test_redacting_a_long_line_takes_no_time() -> None:
    for long in ("?" * 200_000, "eyJa." * 40_000, "://a" * 50_000, "bearer " * 30_000, "http://a?b" * 20_000):
        logs.redact(long)


def fail(error: Exception) -> None:
    """Log an error the way a handler does."""
    try:
        raise error
    except type(error):
        log.exception("it failed")
