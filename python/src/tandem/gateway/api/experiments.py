"""Experiments: which there are, and what is known of each."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from tandem.gateway.api.models import Page, Told
from tandem.gateway.parts import Parts, World

router = APIRouter(prefix="/experiments", tags=["experiments"])


class Experiment(Told):
    """One experiment."""

    id: str
    name: str
    cells: int | None
    genes: int | None
    samples: int | None
    clusters: int | None
    state: str
    detail: str
    imported_at: datetime | None
    last_used: datetime | None
    has_report: bool
    size_bytes: int


@router.get("")
def experiments(
    parts: World,
    search: str = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Page[Experiment]:
    """Experiments by name."""
    names = [name for name in parts.shelf.names() if search.lower() in name.lower()]
    items = [told(parts, name) for name in names[offset : offset + limit]]
    return Page(items=items, total=len(names), offset=offset, limit=limit)


@router.get("/{id}")
def experiment(id: str, parts: World) -> Experiment:  # noqa: A002
    """One experiment."""
    return told(parts, id)


@router.get("/{id}/report")
def report(id: str, parts: World) -> FileResponse:  # noqa: A002
    """How it was made, with pictures."""
    return FileResponse(parts.shelf.folder(id) / "report.html", media_type="text/html")


def told(parts: Parts, name: str) -> Experiment:
    """What is known of an experiment."""
    folder, facts = parts.shelf.folder(name), parts.shelf.facts(name)
    return Experiment(
        id=name,
        name=str(facts.get("name", name)),
        cells=facts.get("cells"),
        genes=facts.get("genes"),
        samples=len(facts["samples"]) if "samples" in facts else None,
        clusters=facts.get("clusters"),
        state="ready",
        detail="",
        imported_at=None,
        last_used=None,
        has_report=(folder / "report.html").is_file(),
        size_bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
    )
