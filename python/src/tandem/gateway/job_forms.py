"""What is sent with a job: a body in JSON, or a form with files, or the form of an earlier system's scripts."""

import csv
import json
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import yaml
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from tandem.gateway.parts import Parts
from tandem.gateway.uploads import Upload, refuse
from tandem.jobs.inputs import sources
from tandem.jobs.inputs.blobs import Blobs
from tandem.jobs.inputs.manifest import Entry, Manifest
from tandem.jobs.programs.units import said_bytes
from tandem.jobs.wishes import MOST_JOBS

Model = TypeVar("Model", bound=BaseModel)

#: Files that come one of each kind.
SINGLES = ("archive", "zip_file", "cases_file")
#: The largest table of cases, in bytes.
CASES_BYTES = 20_000_000
#: What a gateway that died has left of a form goes after so long, in seconds: by then none is under way any more.
LEFT_S = 24 * 3600


@dataclass
class Sent:
    """A request's body: what was asked for, and files, which are kept in the store already."""

    fields: dict[str, str] = field(default_factory=dict)
    body: Any = None
    files: Manifest = field(default_factory=Manifest)
    #: The same, one for each file or folder at the top.
    apart: list[Manifest] = field(default_factory=list)
    archive: Manifest | None = None
    cases: list[dict[str, Any]] | None = None


@asynccontextmanager
async def received(request: Request, parts: Parts) -> AsyncIterator[Sent]:
    """Take a body in. What it leaves on the disk goes at the end; what is kept is in the store."""
    if not request.headers.get("Content-Type", "").lower().startswith("multipart/"):
        yield Sent(body=await _json(request))
        return
    uploads = parts.settings.state / "jobs" / "uploads"
    await run_in_threadpool(_sweep, uploads)
    upload = Upload(uploads / uuid4().hex, SINGLES)
    try:
        await upload.receive(request)
        yield await run_in_threadpool(_kept, upload, parts.desk.gathering.blobs)
    finally:
        shutil.rmtree(upload.folder, ignore_errors=True)


def wish_in(sent: Sent, name: str, model: type[Model], **more: Any) -> Model:
    """The wish in a body, or in a form's field of this name. 422 names what does not fit."""
    body = sent.body
    if name in sent.fields:
        try:
            body = json.loads(sent.fields[name])
        except ValueError:
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The field '{name}' holds no JSON.")
    if not isinstance(body, dict):
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"Send a JSON object, or a form whose field '{name}' holds one.")
    try:
        return model.model_validate({**body, **more})
    except ValidationError as error:
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]) from None


def _sweep(uploads: Path) -> None:
    for folder in uploads.iterdir() if uploads.is_dir() else ():
        with suppress(OSError):  # another one sweeps too
            if time.time() - folder.stat().st_mtime > LEFT_S:
                shutil.rmtree(folder, ignore_errors=True)


async def _json(request: Request) -> Any:
    body = await request.body()
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "The body has to be JSON in UTF-8, or a form with files.")


def _kept(upload: Upload, blobs: Blobs) -> Sent:
    archive = upload.single.get("archive") or upload.single.get("zip_file")
    there = upload.files.is_dir()
    files = sources.from_folder(upload.files, blobs) if there else Manifest()
    return Sent(
        fields=upload.fields,
        files=files,
        apart=_apart(files),
        archive=sources.from_archive(archive, blobs) if archive else None,
        cases=_cases(upload),
    )


def _apart(files: Manifest) -> list[Manifest]:
    """What each job of a fan-out is given: a file, or what is in a folder."""
    found: dict[str, list[Entry]] = {}
    for entry in files.entries:
        top, _, rest = entry.path.partition("/")
        found.setdefault(top, []).append(replace(entry, path=rest or top))
    return [Manifest(entries) for entries in found.values()]


def _cases(upload: Upload) -> list[dict[str, Any]] | None:
    path = upload.single.get("cases_file")
    if path is None:
        return None
    if path.stat().st_size > CASES_BYTES:
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The cases are larger than {said_bytes(CASES_BYTES)}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        cases = _rows(text) if path.suffix.lower() in (".csv", ".tsv") else yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The cases cannot be read: {' '.join(str(error).split())[:300]}")
    is_list = isinstance(cases, list) and all(isinstance(case, dict) for case in cases)
    if not is_list or not 0 < len(cases) <= MOST_JOBS:
        told = f"a table with a row, or a list with an entry, for each of 1 to {MOST_JOBS:,} jobs"
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The cases have to be {told}.")
    return [{str(name): value for name, value in case.items()} for case in cases]


def _rows(text: str) -> list[dict[str, Any]]:
    dialect = "excel-tab" if "\t" in text.partition("\n")[0] else "excel"
    rows = list(csv.DictReader(text.splitlines(), dialect=dialect))
    if any(None in row or None in row.values() for row in rows):
        raise ValueError("a row has more or fewer values than the head")
    return [{name: _value(value) for name, value in row.items() if value != ""} for row in rows]


def _value(text: str) -> Any:
    """A number or true or false where it looks so."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text
