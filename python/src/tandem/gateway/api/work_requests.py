"""Work requests, as existing clients send them."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from tandem.errors import InvalidRequest, RequestExpired
from tandem.gateway.api.models import Told
from tandem.gateway.parts import World
from tandem.gateway.submitting import ask
from tandem.tasks.request import RequestProps

router = APIRouter(tags=["work requests"])


class WorkRequested(BaseModel):
    """What a client asks for."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    experiment_id: str
    timeout: datetime
    body: dict[str, Any] = Field(description="the task's name and its parameters")
    request_props: dict[str, Any] = Field(default_factory=dict)


class Answer(Told):
    """The name of the result, and its address where it is there already."""

    ETag: str = Field(alias="ETag")
    signed_url: str | None


class Answered(Told):
    """The answer."""

    data: Answer


@router.post("/v2/workRequest/{experiment}")
def request_work(
    experiment: str, wanted: WorkRequested, request: Request, response: Response, parts: World
) -> Answered:
    """Ask for an analysis. The task that makes the result is named by the header `Location`."""
    if wanted.experiment_id != experiment:
        raise InvalidRequest(reason=f"its experimentId is not {experiment}, the experiment of the address")
    timeout = wanted.timeout if wanted.timeout.tzinfo else wanted.timeout.replace(tzinfo=UTC)
    seconds = (timeout - datetime.now(UTC)).total_seconds()
    if seconds <= 0:
        raise RequestExpired(timeout=timeout.isoformat())
    RequestProps.model_validate(wanted.request_props)
    address = partial(parts.addresses.of, str(request.base_url))
    asked = ask(parts, experiment, wanted.body, wanted.request_props, timeout_s=seconds, address=address)
    if asked.run is not None:
        parts.shelf.want(experiment)
        response.headers["Location"] = f"/tasks/{asked.run.run_id}"
    return Answered(data=Answer(ETag=asked.etag, signed_url=address(asked.etag) if asked.there else None))
