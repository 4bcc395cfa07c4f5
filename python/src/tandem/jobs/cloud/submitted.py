"""What a submit.json asks for, as a wish for a job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import yaml
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tandem.errors import InputUnfit, JobRefused
from tandem.jobs.cloud.bucket import Bucket
from tandem.jobs.cloud.places import Answer, Place
from tandem.jobs.programs.toml import Name
from tandem.jobs.wishes import JobWish, Source


def _several(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


class Submission(BaseModel):
    """The file; what it says besides is for others."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    program: Name = Field(validation_alias=AliasChoices("program", "analysis"))
    dataname: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    configname: str | None = None
    timestamp: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._:+-]{0,63}$")] | None = None
    parameters: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Asked:
    """A wish, and where it is answered."""

    wish: JobWish
    answer: Answer


def read(place: Place, bucket: Bucket, arrived: str) -> Asked:
    """What is asked for; `arrived` is its timestamp where it names none. JobRefused where it cannot be understood."""
    submission = _parse(bucket.read(place.submit, "submit.json"))
    answer = place.answer(submission.program, submission.timestamp or arrived)
    config = {}
    if submission.configname:
        config = _config(bucket.read(_key(place, submission.configname, "configname"), "configname"))
    inputs = [Source(url=f"s3://{place.bucket}/{_key(place, name, 'dataname')}") for name in submission.dataname]
    try:
        wish = JobWish(
            program=submission.program,
            name=answer.name,
            parameters=config | dict(submission.parameters),
            inputs=inputs,
            tags={"submission": place.submit},
        )
    except ValidationError as error:
        raise _refused(error) from None
    return Asked(wish, answer)


def _parse(text: str) -> Submission:
    try:
        return Submission.model_validate_json(text)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> JobRefused:
    fault = error.errors()[0]
    field = ".".join(map(str, fault["loc"])) or "submit.json"
    said = {"missing": "it is missing", "json_invalid": f"it is no JSON: {fault.get('ctx', {}).get('error', '')}"}
    return JobRefused(field=field, reason=said.get(fault["type"], fault["msg"].removeprefix("Value error, ")))


def _key(place: Place, name: str, field: str) -> str:
    """A key in the user's own folder, which may be named with it or without."""
    key = name if name.startswith(f"{place.user}/") else f"{place.user}/{name}"
    if any(part in ("", ".", "..") for part in key.removesuffix("/").split("/")):
        raise InputUnfit(field=field, reason=f"'{name[:200]}' is no path in your folder, like inputs/data.npy")
    return key


def _config(text: str) -> dict[str, Any]:
    """The parameters in a file of JSON or YAML."""
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise InputUnfit(field="configname", reason="it refers to its own parts, which is not read")
        found = yaml.safe_load(text)
        json.dumps(found, allow_nan=False)
    except yaml.YAMLError as error:
        raise InputUnfit(
            field="configname", reason=f"it is no YAML and no JSON: {' '.join(str(error).split())}"
        ) from None
    except (TypeError, ValueError, RecursionError):
        reason = "it holds dates, or numbers that JSON does not have; write dates in quotation marks"
        raise InputUnfit(field="configname", reason=reason) from None
    if found is not None and not isinstance(found, dict):
        raise InputUnfit(field="configname", reason="it must hold names with their values")
    return found or {}
