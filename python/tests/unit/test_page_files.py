"""The page's files, as browsers ask for them."""

import asyncio
import os
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tandem.gateway.page_files import PageFiles

Get = Callable[..., httpx.Response]


@pytest.fixture
def get(tmp_path: Path) -> Get:
    """A door to a page of one file, with a secret beside it."""
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "page" / "lib").mkdir(parents=True)
    (tmp_path / "page" / "lib" / "dom.js").write_text("one")
    app = FastAPI()
    app.add_route("/page/{path:path}", PageFiles(tmp_path / "page").serve)

    async def ask(path: str, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
            return await client.get(path, headers=headers)

    return lambda path, **headers: asyncio.run(ask(path, headers))


def test_a_file_comes_with_its_type_and_is_sent_once(get: Get) -> None:
    first = get("/page/lib/dom.js")
    assert first.text == "one"
    assert first.headers["content-type"].startswith("text/javascript")
    again = get("/page/lib/dom.js", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_that_changed_is_read_again(get: Get, tmp_path: Path) -> None:
    first = get("/page/lib/dom.js")
    file = tmp_path / "page" / "lib" / "dom.js"
    file.write_text("two")
    os.utime(file, ns=(1, 1))
    again = get("/page/lib/dom.js", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.text) == (200, "two")


@pytest.mark.parametrize(
    "path", ["lib", "lib/none.js", "", "../secret.js", "%2e%2e/secret.js", "lib/%2e%2e/%2e%2e/secret.js"]
)
def test_there_is_nothing_else(get: Get, path: str) -> None:
    assert get(f"/page/{path}").status_code == 404


def test_no_view_styles_what_another_view_names_alike():
    styles = files("tandem.gateway") / "page" / "styles"
    alone = re.compile(r"(?:^|,)\s*\.([\w-]+)(?=[\s:>[{,])", re.MULTILINE)
    explore, jobs = (set(alone.findall((styles / name).read_text())) for name in ("explore.css", "jobs.css"))
    assert explore & jobs == set()
