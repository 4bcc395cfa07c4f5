"""What an import is asked to do, as the fields of a form say it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError, field_validator

from tandem.exchange.options import ImportOptions
from tandem.exchange.request import ImportRequest
from tandem.experiments.folder import fault_in_name
from tandem.gateway.uploads import Upload, refuse

#: How many names of files are kept in the record of an import.
NAMES_KEPT = 100


class Wish(BaseModel):
    """The fields beside the files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = ""
    name: str = Field("", max_length=200)
    options: Json[ImportOptions] = Field(ImportOptions(), validate_default=False)
    force: bool = False
    demo: bool = False

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())


def read_wish(fields: Mapping[str, str]) -> Wish:
    """The fields, checked. 422 names the first that is wrong."""
    try:
        wish = Wish.model_validate(dict(fields))
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        unknown = fault["type"] == "extra_forbidden"
        reason = "there is no such field or option" if unknown else fault["msg"]
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The import cannot be done as asked: {place[:100]}: {reason}.")
    if not wish.demo and (fault_in_id := fault_in_name(wish.id)) is not None:
        shown = f"cannot be '{wish.id[:100]}'" if wish.id else "is missing"
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The experiment's id {shown}: {fault_in_id}.")
    return wish


def request_of(wish: Wish, upload: Upload) -> ImportRequest:
    """The import that is wanted. 422 where no file was sent."""
    paths = upload.paths()
    if not paths:
        refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "No file was sent. Send one or many as 'files'.")
    return ImportRequest(
        id=wish.id,
        name=wish.name or wish.id,
        paths=paths,
        samples=upload.single.get("samples"),
        options=wish.options,
        force=wish.force,
    )


def noted(request: ImportRequest, names: list[str]) -> dict[str, Any]:
    """What is kept in the record of what was asked."""
    return {
        "id": request.id,
        "name": request.name,
        "files": names[:NAMES_KEPT],
        "options": request.options.model_dump(exclude_unset=True),
        "force": request.force,
    }
