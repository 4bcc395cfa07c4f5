"""The OpenAPI document: what FastAPI knows, and what is true of every operation."""

from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tandem.gateway.api.data_sets import DataSetWish
from tandem.jobs.wishes import JobWish, SweepWish

DESCRIPTION = (
    "Names are in camelCase, lists come as `{items, total, offset, limit}`, and whatever goes wrong is told as "
    "`application/problem+json`: `detail` says what happened and what to do, `requestId` is in the log and in the "
    "header `X-Request-Id`. Where tokens are in force, send `Authorization: Bearer <token>`. What happens is told as "
    "server-sent events at `/events`, and to clients of socket.io at `/socket.io/`."
)


#: Bodies that come as JSON or as a form, and are taken in without FastAPI.
READ_BY_HAND = (JobWish, SweepWish, DataSetWish)


def describe(app: FastAPI) -> None:
    """Let the application serve this document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's manual has it


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    wanted: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in READ_BY_HAND]
    schemas |= models_json_schema(wanted, ref_template="#/components/schemas/{model}")[1]["$defs"]
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{}, {"token": []}]
    return found
