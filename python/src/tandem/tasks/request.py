"""A work request as it arrives from the queue: read, checked whole, and echoed without its secrets."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from time import monotonic
from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from tandem.errors import InvalidRequest, MalformedMessage, RequestExpired

#: Fields that let somebody act as the caller; they never leave in an event or a log.
SECRETS = ("Authorization", "authJWT")
#: What an ETag looks like; it becomes a key in the store and part of an event's name.
ETAG_PATTERN = r"^[a-fA-F0-9]{1,128}$"
#: What an experiment's id looks like; it becomes a folder and part of an event's name.
EXPERIMENT_PATTERN = r"^[A-Za-z0-9._-]{1,200}$"
#: Deeper nesting than this is no request but an attack on whoever reads it.
MAX_DEPTH = 60
#: What is said of what other programs do not read.
TOO_DEEP, TOO_LARGE = f"it is nested more than {MAX_DEPTH} levels deep", "it holds an integer of more than 64 bits"
#: The longest text that is searched for, in characters.
MAX_SEARCH = 100
#: More rows than R can count are not asked for.
MAX_ROWS = 2**31 - 1


def _text_only(value: object) -> object:
    """Numbers would be taken for seconds since 1970."""
    if not isinstance(value, str) or value.strip().lstrip("+-").replace(".", "", 1).isdecimal():
        raise ValueError("must be a date and time in text, as 2026-07-01T12:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    """A time without a zone is meant in UTC."""
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("must be within the years 1 to 9999 in UTC") from error


#: A moment, written as text.
Time = Annotated[datetime, BeforeValidator(_text_only), AfterValidator(_in_utc)]


_TIME: TypeAdapter[datetime] = TypeAdapter(Time)


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class NumericFilter(_Part):
    """Rows whose number in a column is above, or below, another."""

    column_name: str
    type: Literal["numeric"]
    comparison: Literal["greaterThan", "lessThan"]
    value: float = Field(allow_inf_nan=False)


class TextFilter(_Part):
    """Rows whose text in a column holds another: plain text, with `^` in front its beginning, `$` behind its end."""

    column_name: str
    type: Literal["text"]
    expression: str = Field(max_length=MAX_SEARCH)


class Pagination(_Part):
    """Which rows of a table are asked for."""

    order_by: str = Field("logFC", description="the column that rows are ordered by")
    order_direction: Literal["ASC", "DESC"] = "DESC"
    offset: int = Field(0, ge=0, le=MAX_ROWS, description="how many rows are left out first")
    limit: int = Field(50, ge=0, le=MAX_ROWS, description="how many rows at the most")
    filters: list[Annotated[NumericFilter | TextFilter, Field(discriminator="type")]] | None = Field(
        [],
        max_length=100,
        description='[{"columnName": "auc", "type": "numeric", "comparison": "greaterThan", "value": 0.7}]',
    )


class RequestProps(_Part):
    """How the answer is wanted."""

    broadcast: bool = False
    cache_uniqueness_key: float | str | None = None
    pagination: Pagination | None = None


class WorkRequest(_Part):
    """One accepted request."""

    etag: Annotated[str, Field(alias="ETag", pattern=ETAG_PATTERN)]
    experiment_id: Annotated[str, Field(pattern=EXPERIMENT_PATTERN)]
    timeout: Time
    body: dict[str, Any]
    request_props: RequestProps = RequestProps()
    signed_url: str | None = None
    authorization: Annotated[str | None, Field(alias="Authorization", repr=False)] = None
    auth_jwt: Annotated[str | None, Field(alias="authJWT", repr=False)] = None
    #: Until when the caller waits, by the clock that nobody sets.
    _until: float = PrivateAttr()

    def model_post_init(self, _: object) -> None:
        """From here on it does not matter whether somebody sets the machine's clock."""
        self._until = monotonic() + (self.timeout - datetime.now(UTC)).total_seconds()

    @property
    def task(self) -> str:
        """The name of the analysis."""
        name = self.body.get("name")
        return name if isinstance(name, str) else ""

    def seconds_left(self) -> float:
        """How long the caller still waits."""
        return self._until - monotonic()

    def check_not_expired(self) -> None:
        """Refuse a request that nobody waits for any more."""
        if self.seconds_left() <= 0:
            raise RequestExpired(timeout=self.timeout.isoformat())


def parse_time(value: object) -> datetime | None:
    """A time of a request that may be anyone's; None if it is none."""
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        return None


def decode(text: str) -> dict[str, Any]:
    """The message as an object of values that every other program can read too."""
    message = decode_value(text)
    if not isinstance(message, dict):
        raise MalformedMessage(reason="it is not a JSON object")
    return message


def decode_value(text: str | bytes) -> Any:
    """A value that every other program can read too."""
    try:
        value = json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise MalformedMessage(reason=TOO_DEEP) from error
    except ValueError as error:
        # Of an endless number Python says how to let it read those.
        reason = TOO_LARGE if "set_int_max_str_digits" in str(error) else f"its text is not JSON ({error})"
        raise MalformedMessage(reason=reason) from error
    check_portable(value)
    return value


def salvage(text: str) -> dict[str, Any]:
    """What is needed to answer a message that cannot be read otherwise: its ETag, experiment and task, where sound."""
    try:
        message = json.loads(text, parse_int=float)  # a whole number may be too long to be read as one
    except (ValueError, RecursionError):
        return {}
    if not isinstance(message, dict):
        return {}
    body = message.get("body")
    name = body.get("name") if isinstance(body, dict) else None
    found = {
        "ETag": _matching(message.get("ETag"), ETAG_PATTERN),
        "experimentId": _matching(message.get("experimentId"), EXPERIMENT_PATTERN),
        "body": {"name": name} if _matching(name, r"^\w{1,100}$") else None,
    }
    return {field: value for field, value in found.items() if value is not None}


def etag_in(message: Mapping[str, Any]) -> str:
    """The message's ETag if it is one, even when the rest is wrong; else nothing."""
    return _matching(message.get("ETag"), ETAG_PATTERN) or ""


def _matching(value: object, pattern: str) -> str | None:
    return value if isinstance(value, str) and value.isascii() and re.fullmatch(pattern.strip("^$"), value) else None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def check_portable(value: object, depth: int = MAX_DEPTH) -> None:
    """Refuse what Python reads as JSON but events and other readers do not: half characters, huge numbers, numbers
    that are none, deep nesting."""
    if depth == 0:
        raise MalformedMessage(reason=TOO_DEEP)
    match value:
        case str():
            if any("\ud800" <= character <= "\udfff" for character in value):
                raise MalformedMessage(reason="it holds half of a character (a lone surrogate)")
        case float() if not isfinite(value):
            raise MalformedMessage(reason="it holds a number that JSON has no word for")
        case int() if not -(2**63) <= value < 2**63:
            raise MalformedMessage(reason=TOO_LARGE)
        case dict():
            for key, inner in value.items():
                check_portable(key, depth)
                check_portable(inner, depth - 1)
        case list():
            for inner in value:
                check_portable(inner, depth - 1)


def parse(message: dict[str, Any]) -> WorkRequest:
    """The request, checked whole."""
    try:
        return WorkRequest.model_validate(message)
    except ValidationError as error:
        refuse(error)


def refuse(error: ValidationError) -> NoReturn:
    """Turn pydantic's findings into one sentence, without the values (they may be secrets)."""
    findings = (_finding(e["loc"], e["msg"]) for e in error.errors())
    raise InvalidRequest(reason="; ".join(findings)) from None


def _finding(place: tuple[int | str, ...], said: str) -> str:
    """What is wrong, and in which field if it is not about several of them."""
    said = said.removeprefix("Value error, ")
    return f"{'.'.join(map(str, place))}: {said}" if place else said


def echo(message: dict[str, Any]) -> dict[str, Any]:
    """The message as it may be sent back to its caller: without what lets somebody act for them."""
    return {field: value for field, value in message.items() if field not in SECRETS}


def noted(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message as the record keeps it: enough to ask again, and nothing that lets somebody act for the caller."""
    return {field: value for field, value in message.items() if field not in (*SECRETS, "signedUrl")}
