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

from tandem.errors import (
    BodyTooLarge,
    BodyTooSlow,
    ExchangeError,
    ExperimentMissing,
    IllegalMove,
    ObjectMissing,
    OldPolling,
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
#: The status of each kind of error; the first kind that fits counts.
STATUS: Mapping[type[TandemError], HTTPStatus] = {
    RunUnknown: HTTPStatus.NOT_FOUND,
    ObjectMissing: HTTPStatus.NOT_FOUND,
    ExperimentMissing: HTTPStatus.NOT_FOUND,
    IllegalMove: HTTPStatus.CONFLICT,
    TokenNeeded: HTTPStatus.UNAUTHORIZED,
    TokenRefused: HTTPStatus.UNAUTHORIZED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyConnections: HTTPStatus.SERVICE_UNAVAILABLE,
    OldPolling: HTTPStatus.BAD_REQUEST,
    Refused: HTTPStatus.FORBIDDEN,
    RequestError: HTTPStatus.BAD_REQUEST,
    UsageError: HTTPStatus.BAD_REQUEST,
    ExchangeError: HTTPStatus.BAD_REQUEST,
    TransientError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(description="the status in words")
    status: int
    detail: str = Field(description="what happened and what to do")
    code: str | None = Field(None, description="the error's code, as clients of the contract know it")
    request_id: str | None = Field(None, serialization_alias="requestId", description="by which the log knows it")


def problem(status: int, detail: str, code: str | None = None, request_id: str | None = None) -> JSONResponse:
    """The answer that tells of a problem."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, request_id=request_id)
    return JSONResponse(told.model_dump(by_alias=True, exclude_none=True), status, media_type=MEDIA_TYPE)


def tell_problems(app: FastAPI) -> None:
    """Let every error of this application end as a problem."""
    app.add_exception_handler(TandemError, _tandem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def answer(error: TandemError, request_id: str | None = None) -> JSONResponse:
    """The answer to a request that ended with this error."""
    status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), None)
    if status is None:
        return unexpected(error, request_id)
    return problem(status, str(error), error.code, request_id)


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
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, "INVALID_INPUT", _request_id(request))


def _finding(found: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in found["loc"][1:])
    return f"{place}: {found['msg']}" if place else str(found["msg"])


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # what it is registered for
    told = problem(error.status_code, str(error.detail), request_id=_request_id(request))
    told.headers.update(error.headers or {})
    return told
