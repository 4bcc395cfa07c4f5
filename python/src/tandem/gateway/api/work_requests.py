"""Work requests, as existing clients send them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

from tandem.errors import InvalidRequest, RequestExpired
from tandem.gateway.api.models import Told
from tandem.gateway.parts import World
from tandem.gateway.submitting import ask
from tandem.records.tokens import Role
from tandem.tasks.request import RequestProps, Time, check_portable, refuse
from tandem.tasks.submission import Wish

router = APIRouter(tags=["work requests"])


EXAMPLE: JsonDict = {
    "experimentId": "demo",
    "timeout": "2099-01-01T00:00:00Z",
    "body": {"name": "GetEmbedding", "type": "umap", "useSaved": True, "config": {}},
    "requestProps": {"broadcast": False, "cacheUniquenessKey": None},
}


class WorkRequested(BaseModel):
    """What a client asks for."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", json_schema_extra={"examples": [EXAMPLE]}
    )

    experiment_id: str
    timeout: Time = Field(description="when nobody waits any more: 2026-07-01T12:00:00Z")
    body: dict[str, Any] = Field(description="the task's name and its parameters")
    request_props: dict[str, Any] = Field(
        default_factory=dict, description="how the answer is wanted: broadcast, cacheUniquenessKey, pagination"
    )

    @model_validator(mode="before")
    @classmethod
    def _check_portable(cls, value: Any) -> Any:
        check_portable(value)
        return value


class Answer(Told):
    """The name of the result, and its address where it is there already."""

    ETag: str = Field(alias="ETag")
    signed_url: str | None


class Answered(Told):
    """The answer."""

    data: Answer


@router.post("/v2/workRequest/{experiment}")
def request_work(
    experiment: str,
    wanted: WorkRequested,
    request: Request,
    response: Response,
    parts: World,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Answered:
    """Ask for an analysis. The task that makes the result is named by the header `Location`. A reader is answered
    where the result is there or on its way."""
    if wanted.experiment_id != experiment:
        raise InvalidRequest(reason=f"its experimentId is not {experiment}, the experiment of the address")
    if wanted.timeout <= datetime.now(UTC):
        raise RequestExpired(timeout=wanted.timeout.isoformat())
    try:
        RequestProps.model_validate(wanted.request_props)
    except ValidationError as error:
        refuse(error)
    wish = Wish(experiment, wanted.body, wanted.timeout, wanted.request_props, authorization)
    may_compute = request.state.role.covers(Role.SUBMITTER)
    asked = ask(parts, wish, str(request.base_url), may_compute=may_compute)
    if asked.run is not None:
        response.headers["Location"] = f"/tasks/{asked.run.run_id}"
    return Answered(data=Answer(ETag=asked.etag, signed_url=asked.address))
