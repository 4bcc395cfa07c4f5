"""Errors as people and programs read them over HTTP: problem+json, with the sentence of the error tree."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from tandem.durable import DISK_FULL
from tandem.errors import (
    BodyTooLarge,
    BodyTooSlow,
    CellSetsUnusable,
    CommandsNotAllowed,
    DataSetTaken,
    DataSetUnknown,
    ExchangeError,
    ExperimentMissing,
    IllegalMove,
    JobRefused,
    ObjectMissing,
    OldPolling,
    ProgramUnknown,
    Refused,
    RequestError,
    RunUnknown,
    TandemError,
    TokenNeeded,
    TokenRefused,
    TooManyConnections,
    TooManyRequests,
    TransientError,
    UsageError,
)

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: After so long, in seconds, it is worth asking again for what is away.
RETRY_AFTER_S = 5
#: The status of each kind of error; the first kind that fits counts.
STATUS: Mapping[type[TandemError], HTTPStatus] = {
    RunUnknown: HTTPStatus.NOT_FOUND,
    ObjectMissing: HTTPStatus.NOT_FOUND,
    ExperimentMissing: HTTPStatus.NOT_FOUND,
    DataSetUnknown: HTTPStatus.NOT_FOUND,
    DataSetTaken: HTTPStatus.CONFLICT,
    IllegalMove: HTTPStatus.CONFLICT,
    TokenNeeded: HTTPStatus.UNAUTHORIZED,
    TokenRefused: HTTPStatus.UNAUTHORIZED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyConnections: HTTPStatus.SERVICE_UNAVAILABLE,
    OldPolling: HTTPStatus.BAD_REQUEST,
    Refused: HTTPStatus.FORBIDDEN,
    ProgramUnknown: HTTPStatus.NOT_FOUND,
    CommandsNotAllowed: HTTPStatus.FORBIDDEN,
    JobRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestError: HTTPStatus.BAD_REQUEST,
    UsageError: HTTPStatus.BAD_REQUEST,
    ExchangeError: HTTPStatus.BAD_REQUEST,
    TransientError: HTTPStatus.SERVICE_UNAVAILABLE,
    CellSetsUnusable: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(description="the status in words")
    status: int
    detail: str = Field(description="what happened and what to do")
    code: str | None = Field(None, description="the error's code, as clients of the contract know it")
    field: str | None = Field(None, description="what in the request is wrong, where that can be named")
    request_id: str | None = Field(None, serialization_alias="requestId", description="by which the log knows it")


def problem(
    status: int, detail: str, code: str | None = None, request_id: str | None = None, field: str | None = None
) -> JSONResponse:
    """The answer that tells of a problem."""
    told = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail.encode(errors="replace").decode(),  # it may quote halves of characters
        code=code,
        field=field and field.encode(errors="replace").decode(),
        request_id=request_id,
    )
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(told.model_dump(by_alias=True, exclude_none=True), status, headers, media_type=MEDIA_TYPE)


def tell_problems(app: FastAPI) -> None:
    """Let every error of this application end as a problem, and its description say so; before its routes are made."""
    app.router.responses |= {"4XX": _described("The request cannot be carried out."), "5XX": _described("We cannot.")}
    app.add_exception_handler(TandemError, _tandem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _described(description: str) -> dict[str, Any]:
    schema = Problem.model_json_schema(by_alias=True, mode="serialization")
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def answer(error: TandemError, request_id: str | None = None) -> JSONResponse:
    """The answer to a request that ended with this error."""
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), None)
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in DISK_FULL:
        status = HTTPStatus.INSUFFICIENT_STORAGE
    if status is None:
        return unexpected(error, request_id)
    field = error.facts.get("field") if isinstance(error, JobRefused) else None
    return problem(status, str(error), error.code, request_id, str(field) if field else None)


def unexpected(error: Exception, request_id: str | None = None) -> JSONResponse:
    """The answer when nobody knows what happened; the log does."""
    log.error("a request went wrong", exc_info=error)
    detail = "Something unexpected went wrong in the gateway. Its log says more under this request id."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, request_id=request_id)


def _request_id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


def _tandem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TandemError)  # noqa: S101  # what it is registered for
    return answer(error, _request_id(request))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # what it is registered for
    findings = "; ".join(_finding(found) for found in error.errors())
    detail = f"The request is not valid: {findings}."
    first = ".".join(str(part) for part in error.errors()[0]["loc"][1:]) or None
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, "INVALID_INPUT", _request_id(request), first)


def _finding(found: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in found["loc"][1:])
    return f"{place}: {found['msg']}" if place else str(found["msg"])


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # what it is registered for
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request, headers.get("Allow", ""))
    detail = _in_words(request, error, headers)
    told = problem(error.status_code, detail, request_id=_request_id(request))
    told.headers.update(headers)
    return told


def _in_words(request: Request, error: HTTPException, headers: Mapping[str, str]) -> str:
    """What the error says; where the framework made it, what that means here."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.method[:20]} is not possible at this address; {headers['Allow']} is. See /docs."
    if error.status_code == HTTPStatus.BAD_REQUEST and error.__cause__ is not None:
        return "The body cannot be read: it has to be JSON in UTF-8, not compressed, and not too deep."
    if error.detail == HTTPStatus(error.status_code).phrase:
        return "There is nothing at this address. What there is, /docs shows."
    return str(error.detail)


def _allowed(request: Request, told: str) -> str:
    """All methods of an address: the framework tells of its first route alone."""
    path = getattr(request.scope.get("route"), "path", "")
    documented = request.app.openapi()["paths"].get(path, {})
    return ", ".join(method.upper() for method in documented) or told
