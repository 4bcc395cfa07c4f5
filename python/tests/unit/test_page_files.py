"""The page's files, as browsers ask for them."""

import os
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tandem.gateway.page_files import PageFiles


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A door to a page of one file, with a secret beside it."""
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "page" / "lib").mkdir(parents=True)
    (tmp_path / "page" / "lib" / "dom.js").write_text("one")
    app = FastAPI()
    app.add_route("/page/{path:path}", PageFiles(tmp_path / "page").serve)
    return TestClient(app)


def test_a_file_comes_with_its_type_and_is_sent_once(client: TestClient) -> None:
    first = client.get("/page/lib/dom.js")
    assert first.text == "one"
    assert first.headers["content-type"].startswith("text/javascript")
    again = client.get("/page/lib/dom.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_that_changed_is_read_again(client: TestClient, tmp_path: Path) -> None:
    first = client.get("/page/lib/dom.js")
    file = tmp_path / "page" / "lib" / "dom.js"
    file.write_text("two")
    os.utime(file, ns=(1, 1))
    again = client.get("/page/lib/dom.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.text) == (200, "two")


@pytest.mark.parametrize(
    "path", ["lib", "lib/none.js", "", "../secret.js", "%2e%2e/secret.js", "lib/%2e%2e/%2e%2e/secret.js"]
)
def test_there_is_nothing_else(client: TestClient, path: str) -> None:
    assert client.get(f"/page/{path}").status_code == 404
