"""Data sets: inputs that have a name and are used again."""

import json
import re
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from tandem.gateway.api.models import Told
from tandem.gateway.job_forms import Sent, received, wish_in
from tandem.gateway.owners import owner_of, sees_only
from tandem.gateway.parts import Parts, World
from tandem.gateway.uploads import refuse
from tandem.jobs.gathering import rows_of
from tandem.jobs.wishes import Asked, Source
from tandem.records.data_sets import DataSet

router = APIRouter(prefix="/data-sets", tags=["data sets"])

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
FORM = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "replace": {"type": "boolean", "description": "take the place of another one of this name"},
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "archive": {"type": "string", "format": "binary", "description": "a zip or tar of its files"},
    },
}


class DataSetWish(Asked):
    """A data set of files that are there already, or are sent with it."""

    name: str
    description: str = Field("", max_length=2000)
    source: Source | None = None
    replace: bool = False


class DataSetTold(Told):
    """A data set."""

    name: str
    hash: str
    description: str
    owner: str
    created_at: datetime
    files: int
    size: int


class DataSetInFull(DataSetTold):
    """A data set and its files."""

    entries: list[dict[str, str | int]]


class DataSetsTold(Told):
    """All data sets."""

    items: list[DataSetTold]
    total: int


@router.get("")
def data_sets(parts: World) -> DataSetsTold:
    """All of them, by name."""
    items = [_told(one) for one in parts.records.data_sets.find()]
    return DataSetsTold(items=items, total=len(items))


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/DataSetWish"}},
                "multipart/form-data": {"schema": FORM},
            },
        }
    },
)
async def add(request: Request, parts: World) -> DataSetTold:
    """Give a name to files that are sent, or to the results of a job."""
    async with received(request, parts) as sent:
        return _told(await run_in_threadpool(_add, parts, sent, owner_of(request), sees_only(request)))


@router.get("/{name}")
def data_set(name: str, parts: World) -> DataSetInFull:
    """One of them, with its files."""
    found = parts.records.data_sets.get(_plain(name))
    return DataSetInFull(**_told(found).model_dump(), entries=parts.records.data_sets.entries(found.name))


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
def remove(name: str, request: Request, parts: World) -> None:
    """Take the name away. Jobs that have read its files keep them."""
    found = parts.records.data_sets.get(_plain(name))
    if sees_only(request) not in (None, found.owner):
        raise HTTPException(HTTPStatus.FORBIDDEN, f"The data set '{name}' belongs to somebody else.")
    parts.records.data_sets.remove(found.name)


def _add(parts: Parts, sent: Sent, owner: str, only: str | None) -> DataSet:
    if sent.body is None:
        sent.fields = {"set": json.dumps(_as_json(sent.fields))}
    wish = wish_in(sent, "set", DataSetWish)
    if not NAME.fullmatch(wish.name):
        told = "letters, digits, '.', '_' and '-', 100 at most"
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"name: a data set cannot be called '{wish.name[:100]}'; use {told}.")
    known = next((one for one in parts.records.data_sets.find() if one.name == wish.name), None)
    if known is not None and wish.replace and only not in (None, known.owner):
        refuse(HTTPStatus.FORBIDDEN, f"The data set '{wish.name}' belongs to somebody else.")
    manifest = sent.files.merged(sent.archive) if sent.archive else sent.files
    if wish.source is not None:
        parts.desk.check_sources([wish.source], only or "")
        found, late = parts.desk.gathering.gather([wish.source], None, manifest)
        if late:
            refuse(HTTPStatus.CONFLICT, f"source: the job {wish.source.job} has no results yet.")
        manifest = found
    if not manifest.entries:
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "files: a data set needs at least one file.")
    return parts.records.data_sets.add(
        wish.name,
        manifest.hash,
        rows_of(manifest),
        description=wish.description,
        owner=owner,
        replace=wish.replace,
    )


def _as_json(fields: dict[str, str]) -> dict[str, str | bool]:
    replace = fields.get("replace", "").lower()
    return {**fields, **({"replace": replace in ("true", "1", "yes")} if replace else {})}


def _plain(name: str) -> str:
    return name.replace("\x00", "")


def _told(found: DataSet) -> DataSetTold:
    return DataSetTold.model_validate(vars(found))
