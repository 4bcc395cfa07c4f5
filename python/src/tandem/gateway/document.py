"""The OpenAPI document: what FastAPI knows, and what is true of every operation."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tandem.gateway.problems import MEDIA_TYPE, Problem

DESCRIPTION = (
    "Names are in camelCase, lists come as `{items, total, offset, limit}`, and whatever goes wrong is told as "
    "`application/problem+json`: `detail` says what happened and what to do, `requestId` is in the log and in the "
    "header `X-Request-Id`. Where tokens are in force, send `Authorization: Bearer <token>`. What happens is told as "
    "server-sent events at `/events`, and to clients of socket.io at `/socket.io/`."
)
PROBLEM = {
    "description": "A problem, in words",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
#: FastAPI's own form of errors, which nobody gets here.
UNUSED = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Let the application serve this document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's manual has it


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in UNUSED:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(mode="serialization")
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{}, {"token": []}]
    for operations in found["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            responses.pop("422", None)
            responses["default"] = PROBLEM
    return found
