"""The experiment API's one address that changes cell sets, as strict as the real one, and unwell when told to be."""

import json
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal

from helpers.stub_server import StubServer

PATH = re.compile(r"/v2/experiments/([\w.-]+)/cellSets")
QUERY = re.compile(r'\$\[\?\(@\.key == "([^"\\]+)"\)\]')

#: A status: answered with it. cut: changed, and the connection cut. hang: silent until the API is closed.
Fault = int | Literal["cut", "hang"]


class ExperimentApi:
    """Keeps its cell sets in a file."""

    def __init__(self, file: Path, token: str) -> None:
        self.file, self.token = file, token
        #: What it does instead of its work, one for each request to come.
        self.faults: list[Fault] = []
        #: What was asked for: experiment, headers, body.
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        #: What it says where it refuses.
        self.message = "Something is wrong"
        self._server = StubServer("PATCH", self.answer)
        self.url = self._server.url

    def close(self) -> None:
        self._server.close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        text = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        fault = self.faults.pop(0) if self.faults else None
        if fault == "hang":
            self._server.closing.wait(60)
            return
        status = fault if isinstance(fault, int) else self._status(request, text)
        if fault == "cut":
            request.close_connection = True
            request.connection.close()
            return
        body = json.dumps("OK" if status == 200 else {"message": self.message}).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        if status in (301, 302, 307, 308):
            request.send_header("Location", f"{self.url}/elsewhere")
        request.end_headers()
        request.wfile.write(body)

    def _status(self, request: BaseHTTPRequestHandler, text: bytes) -> int:
        place = PATH.fullmatch(request.path)
        if place is None:
            return 404
        if request.headers.get("Authorization") != self.token:
            return 401
        if request.headers.get("Content-Type") != "application/boschni-json-merger+json":
            return 415
        operations = json.loads(text)
        self.asked.append((place[1], dict(request.headers), operations))
        document = json.loads(self.file.read_text())
        try:
            document["cellSets"] = merged(document["cellSets"], operations)
        except (AssertionError, KeyError, TypeError) as error:
            self.message = f"not acceptable: {error!r}"
            return 400
        self.file.write_text(json.dumps(document))
        return 200


def merged(classes: list[Any], operations: list[Any]) -> list[Any]:
    """What json-merger 2 makes of them; whatever is not of the two known forms is refused."""
    match, *others = operations
    assert set(match) == {"$match"}
    assert set(match["$match"]) == {"query", "value"}
    query = QUERY.fullmatch(match["$match"]["query"])
    assert query, "unknown query"
    value = match["$match"]["value"]
    if value == {"$remove": True}:
        [add] = others
        [(place, new)] = add.items()
        assert place in ("$prepend", "$append")
        check_class(new)
        # json-merger removes the first match alone; there is only one where keys are unique
        rest = list(classes)
        first = next((group for group in rest if group["key"] == query[1]), None)
        if first is not None:
            rest.remove(first)
        return [new, *rest] if place == "$prepend" else [*rest, new]
    assert not others
    assert set(value) == {"children"}
    [insert] = value["children"]
    assert insert["$insert"]["index"] == "-"
    new = insert["$insert"]["value"]
    check_set(new)
    return [
        group | {"children": [*group.get("children", []), new]} if group["key"] == query[1] else group
        for group in classes
    ]


def check_class(group: Any) -> None:
    assert isinstance(group["key"], str)
    assert isinstance(group["name"], str)
    assert group["rootNode"] is True
    assert group["type"] == "cellSets"
    assert isinstance(group["children"], list)
    for child in group["children"]:
        check_set(child)


def check_set(child: Any) -> None:
    assert isinstance(child["key"], str)
    assert isinstance(child["name"], str)
    assert isinstance(child["cellIds"], list), "cellIds must be an array"
    assert all(type(cell) is int for cell in child["cellIds"]), "cellIds must be integers"
