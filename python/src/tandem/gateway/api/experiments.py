"""Experiments: which there are, what is known of each, how new ones come and old ones go."""

import shutil
from contextlib import nullcontext
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import Field

from tandem.errors import ImportFailed, ObjectMissing
from tandem.experiments.folder import missing_from
from tandem.gateway.api.models import Page, Task, Told, task_of
from tandem.gateway.imports import Imports
from tandem.gateway.live import Event
from tandem.gateway.parts import Parts, World
from tandem.gateway.removal import remove_experiment
from tandem.gateway.shelf import REPORT_FILE, Card
from tandem.gateway.standing import Condition
from tandem.gateway.uploads import Upload, refuse
from tandem.gateway.wishes import noted, read_wish, request_of
from tandem.local.experiments import DEMO, can_build, demo_request
from tandem.local.layout import Layout
from tandem.records.base import Run, Wanted
from tandem.states import OPEN

router = APIRouter(prefix="/experiments", tags=["experiments"])

#: So many tasks are named that are in the way of something.
NAMED = 5
#: The form of an import, as the document describes it.
FORM = {
    "type": "object",
    "properties": {
        "files": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "the data set: one file or many, whose names may hold folders; or an archive of them",
        },
        "samples": {"type": "string", "format": "binary", "description": "a table of what is known of the samples"},
        "id": {"type": "string", "description": "the experiment's id"},
        "name": {"type": "string", "description": "what people call it; its id where none is given"},
        "options": {"type": "string", "description": "options of the import, as a JSON object"},
        "force": {"type": "boolean", "description": "replace the experiment of that id"},
        "demo": {"type": "boolean", "description": "build the demo; without files"},
    },
}


class Experiment(Told):
    """One experiment. What is not known is null."""

    id: str
    name: str
    cells: int | None
    genes: int | None
    samples: int | None
    clusters: int | None
    species: str | None
    state: Condition
    detail: str = Field(description="what a person should know of the state")
    imported_at: datetime | None
    last_used: datetime | None
    has_report: bool
    size_bytes: int
    task_id: str | None = Field(None, description="the import that makes it now")


class Opening(Told):
    """How an experiment stands that shall be open."""

    id: str
    state: Condition
    detail: str


@router.get("")
def experiments(
    parts: World,
    search: Annotated[str, Query(max_length=200, description="a part of the name or the id")] = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Page[Experiment]:
    """Experiments by id, those being imported among them."""
    found = parts.shelf.ids(search)
    items = [_told(card) for card in parts.shelf.cards(found[offset : offset + limit])]
    return Page(items=items, total=len(found), offset=offset, limit=limit)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}},
)
async def import_experiment(request: Request, response: Response, parts: World) -> Task:
    """Make an experiment of a data set that is sent, or the demo. The task says how far it is."""
    imports = _imports(parts)
    run_id = str(uuid4())
    upload = Upload(imports.uploads / run_id)
    accepted = False
    imports.arriving.add(run_id)
    try:
        await upload.receive(request)
        run = await run_in_threadpool(_accept, parts, imports, run_id, upload)
        accepted = True
    finally:
        imports.arriving.discard(run_id)
        if not accepted:
            shutil.rmtree(upload.folder, ignore_errors=True)
    response.headers["Location"] = f"/tasks/{run.run_id}"
    return task_of(run)


@router.get("/{id}")
def experiment(id: str, parts: World) -> Experiment:  # noqa: A002
    """One experiment."""
    return _told(parts.shelf.card(id))


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT)
def delete_experiment(id: str, parts: World) -> None:  # noqa: A002
    """Remove an experiment. Its results stay."""
    _imports(parts)
    parts.shelf.folder(id)
    _refuse_while_at_work(parts, id)
    with parts.caretaker.kept_closed(id) if parts.caretaker else nullcontext():
        _refuse_while_at_work(parts, id)  # a request may have come while it was put to rest
        remove_experiment(parts.shelf.data, id)
    gone = Opening(id=id, state="asleep", detail="It was removed.")
    parts.live.tell(Event("experiment", id, gone.model_dump(by_alias=True)))


@router.post("/{id}/open", status_code=HTTPStatus.ACCEPTED)
def open_experiment(id: str, parts: World) -> Opening:  # noqa: A002
    """Load an experiment before anything is asked of it."""
    parts.check_experiment(id)
    standing = parts.shelf.want(id)
    return Opening(id=id, state=standing.state, detail=standing.detail)


@router.get("/{id}/report", response_class=HTMLResponse)
def report(id: str, parts: World) -> FileResponse:  # noqa: A002
    """How it was made, with pictures."""
    path = parts.shelf.folder(id) / REPORT_FILE
    if not path.is_file():
        raise ObjectMissing(key=REPORT_FILE, bucket=id)
    return FileResponse(path, media_type="text/html")


def _imports(parts: Parts) -> Imports:
    if parts.imports is None:
        refuse(HTTPStatus.CONFLICT, "Experiments of this platform lie elsewhere: they come and go with its pipeline.")
    return parts.imports


def _accept(parts: Parts, imports: Imports, run_id: str, upload: Upload) -> Run:
    wish = read_wish(upload.fields)
    if wish.demo:
        layout = Layout.of(parts.settings)
        if not can_build(layout, DEMO):
            is_there = not missing_from(layout.data / DEMO)
            reason = "it is there" if is_there else f"its counts are not in {layout.data / DEMO}"
            refuse(HTTPStatus.CONFLICT, f"The demo cannot be built: {reason}.")
        request = demo_request(layout)
    else:
        request = request_of(wish, upload)
        if not missing_from(parts.shelf.data / request.id) and not request.force:
            told = f"There is an experiment '{request.id}'. Choose another id, or send force=true to replace it."
            refuse(HTTPStatus.CONFLICT, told)
    try:
        return imports.accept(run_id, request, noted(request, upload.names))
    except ImportFailed as error:
        refuse(HTTPStatus.CONFLICT, str(error))


def _refuse_while_at_work(parts: Parts, experiment: str) -> None:
    """409 while something is asked of an experiment that has not ended."""
    wanted = Wanted(experiment=experiment, states=OPEN)
    runs = parts.record.find(wanted, limit=NAMED)
    depth = parts.shelf.queue(experiment).depth()
    if runs:
        more = parts.record.count(wanted) - len(runs)
        named = ", ".join(f"{run.task} ({run.run_id})" for run in runs) + (f" and {more} more" if more > 0 else "")
        refuse(HTTPStatus.CONFLICT, f"There is work for '{experiment}': {named}. Cancel it, or wait for its end.")
    if depth.waiting or depth.leased:
        refuse(HTTPStatus.CONFLICT, f"There is work for '{experiment}' in its queue. Wait for its end.")


def _told(card: Card) -> Experiment:
    facts = card.facts
    return Experiment(
        id=card.id,
        name=card.name,
        cells=facts.cells,
        genes=facts.genes,
        samples=facts.samples,
        clusters=facts.clusters,
        species=facts.species,
        state=card.standing.state,
        detail=card.standing.detail,
        imported_at=facts.imported_at,
        last_used=card.last_used,
        has_report=card.has_report,
        size_bytes=card.size_bytes,
        task_id=card.task_id,
    )
