"""Messages of the queue: read, checked, and made into what R is asked."""

import json
from typing import Any

from fuzz.draw import Draw
from fuzz.target import Target, only
from tandem.experiments.cell_sets import CellSets
from tandem.tasks.body import Context
from tandem.tasks.catalogue import CATALOGUE, read_body
from tandem.tasks.request import check_portable, decode, echo, etag_in, noted, parse, salvage

SETS = {
    "cellSets": [
        {"key": "louvain", "name": "Clusters", "children": [
            {"key": "louvain-0", "name": "0", "cellIds": [0, 1, 2]}, {"key": "louvain-1", "name": "1", "cellIds": [3]},
        ]},
        {"key": "sample", "name": "Samples", "children": [{"key": "sample-a", "name": "a", "cellIds": [0, 3]}]},
    ]
}  # fmt: skip
CELL_SETS = CellSets.from_json(json.dumps(SETS))
FIELDS = sorted(
    {field.alias or name for body in CATALOGUE.values() for name, field in body.model_fields.items()}
    | {"filters", "orderBy", "orderDirection", "offset", "limit", "columnName", "type", "comparison", "expression"}
)
WORDS = (*FIELDS, *CATALOGUE, "louvain", "louvain-0", "sample/sample-a", "all", "rest", "background", "numeric", "text",
         "greaterThan", "ASC", "value", "within", "between")  # fmt: skip
SOUND = {
    "ETag": "d41d8cd98f00b204",
    "experimentId": "demo",
    "timeout": "2099-01-01T00:00:00Z",
    "Authorization": "Bearer x",
    "signedUrl": "https://example.org/x",
    "body": {"name": "GetEmbedding", "type": "umap"},
    "requestProps": {"broadcast": True, "cacheUniquenessKey": 0.5, "pagination": {"filters": []}},
}


def run(data: bytes) -> None:
    """The text is one of JSON for each second input, else whatever the bytes are."""
    draw = Draw(data)
    text = json.dumps(_message(draw)) if draw.flag() else draw.rest().decode("utf-8", "surrogateescape")
    json.dumps(salvage(text), ensure_ascii=False).encode()
    with only():
        message = decode(text)
        etag_in(message)
        json.dumps([echo(message), noted(message)], ensure_ascii=False, allow_nan=False).encode()
        request = parse(message)
        request.check_not_expired()
        asked = read_body(request.body).r_request(Context(request, lambda: CELL_SETS))
        json.dumps(asked, ensure_ascii=False, allow_nan=False).encode()
        check_portable(asked)


def _message(draw: Draw) -> Any:
    """A sound message about some task, of which some fields are anything."""
    body = {"name": draw.one_of(tuple(CATALOGUE)), **{draw.one_of(FIELDS): _part(draw) for _ in range(draw.upto(6))}}
    message = SOUND | {"body": body}
    for _ in range(draw.upto(3)):
        message[draw.one_of(tuple(SOUND))] = draw.value(WORDS)
    if draw.flag():
        message["requestProps"] = {"pagination": {draw.one_of(FIELDS): _part(draw) for _ in range(draw.upto(6))}}
    return message


def _part(draw: Draw) -> Any:
    return draw.one_of(WORDS) if draw.flag() else draw.value(WORDS)


def seeds() -> list[bytes]:
    """A message as text, and one of choices for each task."""
    return [b"\0" + json.dumps(SOUND).encode(), *(bytes([1, task, 2, 7, 1, 0]) for task in range(len(CATALOGUE)))]


TARGET = Target(run, seeds)
