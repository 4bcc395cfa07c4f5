"""The data folder: what lies in it, to be looked at and downloaded."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse

from tandem.errors import ObjectMissing
from tandem.gateway.api.models import Page, Told
from tandem.gateway.browsing import EXPERIMENTS, Folders
from tandem.gateway.parts import Parts, World
from tandem.local.layout import Layout
from tandem.local.log_files import last_lines

router = APIRouter(prefix="/data", tags=["data"])

#: The most lines of the end of a text.
MOST_LINES = 10_000

Place = Annotated[str, Query(max_length=4000, description="such as `experiments/demo/store`")]


class FileTold(Told):
    """A file or a folder."""

    name: str
    path: str
    kind: Literal["folder", "file"]
    size: int | None
    modified: datetime


class Listing(Page[FileTold]):
    """What is in a folder."""

    path: str


@router.get("")
def listing(
    parts: World,
    path: Place = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Listing:
    """What is in a folder, folders first; without a path the folders that there are."""
    place = path.strip("/")
    found, total = _folders(parts).entries(place, offset, limit)
    items = [FileTold(**asdict(entry)) for entry in found]
    return Listing(path=place, items=items, total=total, offset=offset, limit=limit)


@router.get("/file", response_class=FileResponse)
def file(
    parts: World,
    path: Place,
    tail: Annotated[int | None, Query(ge=1, le=MOST_LINES, description="only the last lines, as text")] = None,
) -> Response:
    """One file, or the end of a text."""
    found = _folders(parts).find(path.strip("/"))
    if not found.is_file():
        raise ObjectMissing(key=path[:200], bucket="the data folder")
    if tail is not None:
        lines = last_lines(found, tail)
        return Response("".join(f"{line}\n" for line in lines), media_type="text/plain; charset=utf-8")
    return FileResponse(found, filename=found.name, media_type="application/octet-stream")


def _folders(parts: Parts) -> Folders:
    layout = Layout.of(parts.settings)
    roots = {EXPERIMENTS: layout.data, "captures": layout.data / "debug", "logs": layout.logs}
    if parts.settings.store_is_embedded:
        roots["results"] = Path(unquote(urlsplit(parts.settings.store_url or "").path))
    return Folders({name: roots[name] for name in (EXPERIMENTS, "results", "captures", "logs") if name in roots})
