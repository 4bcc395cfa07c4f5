"""The OpenAPI document: what FastAPI knows, and what is true of every operation."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

DESCRIPTION = (
    "Names are in camelCase, lists come as `{items, total, offset, limit}`, and whatever goes wrong is told as "
    "`application/problem+json`: `detail` says what happened and what to do, `requestId` is in the log and in the "
    "header `X-Request-Id`. Where tokens are in force, send `Authorization: Bearer <token>`. What happens is told as "
    "server-sent events at `/events`, and to clients of socket.io at `/socket.io/`."
)


def describe(app: FastAPI) -> None:
    """Let the application serve this document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's manual has it


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    found.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{}, {"token": []}]
    return found
