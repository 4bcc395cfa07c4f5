"""What S3 says into a queue when something is put into a bucket."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus

from pydantic import AfterValidator, BaseModel, ValidationError

from tandem.errors import MalformedMessage
from tandem.jobs.cloud.places import KEY, Place

#: How the event is called that tells of a new object; servers differ in what they put in front.
CREATED = "ObjectCreated:"


class _Named(BaseModel):
    name: str


class _Keyed(BaseModel):
    #: Escaped as in a form.
    key: Annotated[str, AfterValidator(unquote_plus)]


class _S3(BaseModel):
    bucket: _Named
    object: _Keyed


class _Record(BaseModel):
    eventName: str  # noqa: N815  as S3 calls it
    s3: _S3


class _Message(BaseModel):
    Records: list[_Record] = []


@dataclass(frozen=True)
class Dropped:
    """A file that asks for something."""

    what: Literal["submit", "kill"]
    place: Place


def read(body: str, bucket: str) -> list[Dropped]:
    """What was asked for in the bucket; nothing where the message is about something else. MalformedMessage where it is
    no message of S3."""
    try:
        message: Any = json.loads(body)
        records = _Message.model_validate(message).Records
    except (ValueError, ValidationError) as error:
        raise MalformedMessage(reason="S3 did not write it") from error
    if not records and not (isinstance(message, dict) and message.get("Event") == "s3:TestEvent"):
        raise MalformedMessage(reason="S3 did not write it")
    found = [_dropped(record) for record in records if CREATED in record.eventName]
    return [dropped for dropped in found if dropped is not None and dropped.place.bucket == bucket]


def _dropped(record: _Record) -> Dropped | None:
    key = KEY.fullmatch(record.s3.object.key)
    if key is None:
        return None
    what: Literal["submit", "kill"] = "kill" if key["file"] == "kill" else "submit"
    return Dropped(what, Place(record.s3.bucket.name, key["user"], key[1]))
