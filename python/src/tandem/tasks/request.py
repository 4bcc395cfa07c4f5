"""A work request as it arrives from the queue: read, checked whole, and echoed without its secrets."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from tandem.errors import InvalidRequest, MalformedMessage, RequestExpired

#: Fields that let somebody act as the caller; they never leave in an event or a log.
SECRETS = ("Authorization", "authJWT")
#: What an ETag looks like; it becomes a key in the store and part of an event's name.
ETAG_PATTERN = r"^[a-fA-F0-9]{1,128}$"


def _text_only(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a date and time in text, as 2026-07-01T12:00:00Z")  # noqa: TRY004  # pydantic's way
    return value


def _in_utc(value: datetime) -> datetime:
    """A time without a zone is meant in UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class Pagination(_Part):
    """Which rows of a table are asked for."""

    order_by: str
    order_direction: Literal["ASC", "DESC"]
    offset: int = Field(ge=0)
    limit: int = Field(ge=0)
    filters: list[dict[str, Any]] = []


class RequestProps(_Part):
    """How the answer is wanted."""

    broadcast: bool = False
    cache_uniqueness_key: float | str | None = None
    pagination: Pagination | None = None


class WorkRequest(_Part):
    """One accepted request."""

    etag: Annotated[str, Field(alias="ETag", pattern=ETAG_PATTERN)]
    experiment_id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._-]+$")]
    timeout: Annotated[datetime, BeforeValidator(_text_only), AfterValidator(_in_utc)]
    body: dict[str, Any]
    request_props: RequestProps = RequestProps()
    signed_url: str | None = None
    authorization: Annotated[str | None, Field(alias="Authorization", repr=False)] = None
    auth_jwt: Annotated[str | None, Field(alias="authJWT", repr=False)] = None

    @property
    def task(self) -> str:
        """The name of the analysis."""
        name = self.body.get("name")
        return name if isinstance(name, str) else ""

    def seconds_left(self, now: datetime | None = None) -> float:
        """How long the caller still waits."""
        return (self.timeout - (now or datetime.now(UTC))).total_seconds()

    def check_not_expired(self) -> None:
        """Refuse a request that nobody waits for any more."""
        if self.seconds_left() <= 0:
            raise RequestExpired(timeout=self.timeout.isoformat())


def decode(text: str) -> dict[str, Any]:
    """The message as an object, whatever it holds."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(reason=f"its text is not JSON ({error})") from error
    if not isinstance(message, dict):
        raise MalformedMessage(reason="it is not a JSON object")
    return message


def parse(message: dict[str, Any]) -> WorkRequest:
    """The request, checked whole."""
    try:
        return WorkRequest.model_validate(message)
    except ValidationError as error:
        refuse(error)


def refuse(error: ValidationError) -> NoReturn:
    """Turn pydantic's findings into one sentence, without the values (they may be secrets)."""
    findings = [f"{'.'.join(str(part) for part in e['loc']) or 'request'}: {e['msg']}" for e in error.errors()]
    raise InvalidRequest(reason="; ".join(findings)) from None


def echo(message: dict[str, Any]) -> dict[str, Any]:
    """The message as it may be sent back to its caller: without what lets somebody act for them."""
    return {field: value for field, value in message.items() if field not in SECRETS}
