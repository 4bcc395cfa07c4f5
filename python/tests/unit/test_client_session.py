"""Requests to a gateway that refuses, is busy, is away, or breaks off."""

import json
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from hashlib import sha256
from itertools import count

import pytest

from helpers.stub_server import StubServer
from tandem.client import upload
from tandem.client.address import Address
from tandem.client.download import fetch, targets
from tandem.client.session import Session
from tandem.errors import DownloadDamaged, GatewayAway, GatewayRefused, InvalidSetting, UsageError


@contextmanager
def gateway(method, answer, **more):
    server = StubServer(method, answer)
    session = Session(Address(server.url, **more))
    try:
        yield session
    finally:
        session.close()
        server.close()


def answer(status, body, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def send(request):
        request.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(content)

    return send


def test_a_refusal_is_the_sentence_of_the_gateway():
    with (
        gateway("GET", answer(422, {"detail": "The parameter n does not fit."})) as session,
        pytest.raises(GatewayRefused, match="The parameter n does not fit") as refused,
    ):
        session.get("/jobs")

    assert (refused.value.status, refused.value.exit_code) == (422, 2)


def test_what_is_no_problem_is_told_by_its_status():
    with (
        gateway("GET", answer(502, b"<html>")) as session,
        pytest.raises(GatewayRefused, match="502 Bad Gateway") as refused,
    ):
        session.get("/jobs")

    assert refused.value.exit_code == 1


def test_what_is_no_gateway_is_told():
    with (
        gateway("GET", answer(200, b"<html>")) as session,
        pytest.raises(InvalidSetting, match=r"TANDEM_URL .* is no gateway of Tandem") as wrong,
    ):
        session.get("/jobs")

    assert wrong.value.exit_code == 2


def test_a_wish_that_is_led_elsewhere_is_not_taken_for_a_question():
    with gateway("GET", answer(200, {"items": []})) as there:
        moved = answer(301, b"", Location=f"{there.url}/jobs")
        with gateway("POST", moved) as session, pytest.raises(InvalidSetting, match=f"leads on to {there.url}"):
            session.post("/jobs", {"program": "p"})


def test_a_busy_gateway_is_asked_again_for_what_changes_nothing():
    tries = count()

    def busy_first(request):
        answer(503 if next(tries) == 0 else 200, {"items": []}, Retry_After="0")(request)

    with gateway("GET", busy_first) as session:
        assert session.get("/jobs") == {"items": []}
    with gateway("POST", answer(503, {"detail": "busy"})) as session, pytest.raises(GatewayRefused, match="busy"):
        session.post("/jobs", {})


def test_nobody_there_is_told_with_the_address():
    session = Session(Address("http://127.0.0.1:9"))

    with pytest.raises(GatewayAway, match=r"http://127\.0\.0\.1:9.*TANDEM_URL"):
        session.get("/jobs")


@pytest.mark.parametrize("url", ["ftp://host", "http://", "http://[::1", "http://host:port"])
def test_what_is_no_address_is_told(url):
    with pytest.raises(InvalidSetting, match="TANDEM_URL"):
        Session(Address(url)).get("/jobs")


def test_the_token_goes_with_each_request_and_no_proxy_stands_between(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with gateway("GET", lambda request: answer(200, request.headers["Authorization"])(request), token="t0k") as session:
        assert session.get("/jobs") == "Bearer t0k"


@pytest.mark.parametrize("token", ["tandem_…", "two\nlines"])
def test_what_is_no_token_is_told_without_it(token):
    with pytest.raises(InvalidSetting, match="TANDEM_TOKEN") as wrong:
        Session(Address("http://127.0.0.1:9", token))

    assert token not in str(wrong.value)


def test_pages_are_read_to_their_end():
    def page(request):
        last = "cursor=2" in request.path
        answer(200, {"items": [{"id": 3}] if last else [{"id": 1}, {"id": 2}], "cursor": None if last else "2"})(
            request
        )

    with gateway("GET", page) as session:
        assert [item["id"] for item in session.pages("/jobs", {})] == [1, 2, 3]
        assert [item["id"] for item in session.pages("/jobs", {}, limit=1)] == [1]


def test_files_are_sent_under_their_names(tmp_path):
    (tmp_path / "a b.txt").write_bytes(b"one")
    (tmp_path / "c.zip").write_bytes(b"two")
    received = []

    def take(request):
        received.append(request.headers["Content-Type"].encode())
        received.append(request.rfile.read(int(request.headers["Content-Length"])))
        answer(202, {"id": "1"})(request)

    with gateway("POST", take) as session:
        fields = {"job": '{"program": "p"}'}
        upload.send(session, "/jobs", fields, {"deep/a b.txt": tmp_path / "a b.txt"}, {"archive": tmp_path / "c.zip"})

    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + received[0] + b"\r\n\r\n" + received[1])
    parts = {
        part["Content-Disposition"].params["name"]: (part["Content-Disposition"].params.get("filename"), part)
        for part in form.iter_parts()
    }
    assert parts["job"][1].get_payload() == '{"program": "p"}'
    assert (parts["files"][0], parts["files"][1].get_payload(decode=True)) == ("deep/a b.txt", b"one")
    assert (parts["archive"][0], parts["archive"][1].get_payload(decode=True)) == ("c.zip", b"two")


def test_a_file_that_went_away_is_told(tmp_path):
    with gateway("POST", answer(202, {})) as session, pytest.raises(UsageError, match="none"):
        upload.send(session, "/jobs", {}, {"none": tmp_path / "none"}, {})


def item(content, path="deep/a.txt"):
    return {"path": path, "size": len(content), "sha256": sha256(content).hexdigest()}


def test_a_download_is_whole_or_not_there(tmp_path):
    with gateway("GET", answer(200, b"content")) as session:
        fetch(session, "/x", tmp_path / "deep" / "a.txt", item(b"content"))
        with pytest.raises(DownloadDamaged):
            fetch(session, "/x", tmp_path / "b.txt", item(b"another"))
        with pytest.raises(DownloadDamaged, match="7 of 9 bytes"):
            fetch(session, "/x", tmp_path / "b.txt", {"path": "b.txt", "size": 9})
    with gateway("GET", answer(200, b"half", Content_Length="100")) as session, pytest.raises(GatewayAway):
        fetch(session, "/x", tmp_path / "b.txt", item(b"content"))

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.txt"]
    assert (tmp_path / "deep" / "a.txt").read_bytes() == b"content"


def test_files_that_are_there_stay_unless_asked(tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    items = [item(b"content", "a.txt")]

    with pytest.raises(UsageError, match="would be overwritten"):
        targets(tmp_path, items, overwrite=False)
    assert targets(tmp_path, items, overwrite=True) == {"a.txt": tmp_path / "a.txt"}


@pytest.mark.parametrize("path", ["../a", "/etc/a", "a/../../b", ""])
def test_no_result_leads_out_of_its_folder(tmp_path, path):
    with pytest.raises(UsageError):
        targets(tmp_path, [item(b"", path)], overwrite=True)
