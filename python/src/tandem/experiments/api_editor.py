"""Changes the cell sets through the experiment API, on behalf of the caller."""

import json
import re
import threading
from typing import Any

import requests

from tandem.errors import CellSetsNotChanged, CellSetsUnavailable
from tandem.experiments.changes import Change, InsertSet, ReplaceClass
from tandem.experiments.source import ExperimentSource
from tandem.logs import redact
from tandem.text import one_line

CONTENT_TYPE = "application/boschni-json-merger+json"
#: Seconds to reach the API, and of silence until it is given up, if the caller waits so long: it reads, merges and
#: writes the file meanwhile.
CONNECT_S, READ_S = 5.0, 60.0
#: How long another change is waited for, in seconds.
WAIT_S = 5.0
#: Answers after which another try may help: timeouts, conflicts, throttling, and whatever is the API's own fault.
TRY_AGAIN = frozenset({408, 409, 425, 429})
#: At most so much of an error's body is read, in bytes.
ERROR_BYTES = 1 << 16
#: What may stand in a header.
HEADER = re.compile(r"[\x21-\x7e][\x20-\x7e]*")


class ApiEditor:
    """One experiment API. Safe to be shared by threads: it reads, merges and writes without a lock of its own, so our
    changes go to it one after another."""

    def __init__(self, url: str, source: ExperimentSource) -> None:
        self._url, self._source = url, source
        self._one_at_a_time = threading.Lock()

    def make(self, change: Change, *, experiment: str, authorization: str | None, seconds: float) -> None:
        """Send the change, unless an earlier try has made it already."""
        token = _checked(authorization)
        if not self._one_at_a_time.acquire(timeout=min(WAIT_S, seconds)):
            raise CellSetsUnavailable(reason="the API is busy with another change")
        try:
            # A class is sent whatever is there; reading all cell sets for it would be in vain.
            replaces = isinstance(change, ReplaceClass)
            fitted = change if replaces else change.fitted(self._source.cell_sets().classes)
            if fitted is not None:
                self._patch(experiment, fitted, token, seconds)
        finally:
            self._one_at_a_time.release()

    def _patch(self, experiment: str, change: Change, token: str, seconds: float) -> None:
        body = json.dumps(operations(change), separators=(",", ":")).encode()
        # A session that knows nothing of its environment: a .netrc would take the place of the caller's token.
        with requests.Session() as session:
            session.trust_env = False
            try:
                with session.patch(
                    f"{self._url}/v2/experiments/{experiment}/cellSets",
                    data=body,
                    headers={"Authorization": token, "Content-Type": CONTENT_TYPE},
                    timeout=(min(CONNECT_S, seconds), min(READ_S, seconds)),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    if response.ok and not response.is_redirect:
                        return
                    code, reason = response.status_code, f"the API answered {_said(response, token)}"
            except requests.Timeout as error:
                raise CellSetsUnavailable(reason=f"the API at {self._url} did not answer in time") from error
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
                raise CellSetsUnavailable(reason=f"the API at {self._url} cannot be reached") from error
            except requests.RequestException as error:
                reason = f"the API cannot be asked at {self._url} ({type(error).__name__})"
                raise CellSetsNotChanged(reason=reason) from None
        if code in TRY_AGAIN or code >= requests.codes.server_error:
            raise CellSetsUnavailable(reason=reason)
        raise CellSetsNotChanged(reason=reason)


def operations(change: Change) -> list[dict[str, Any]]:
    """The change in the words of json-merger, as the API takes it."""
    match change:
        case ReplaceClass(cell_class, at):
            add = "$prepend" if at == "start" else "$append"
            return [_matching(cell_class.key, {"$remove": True}), {add: cell_class.as_json()}]
        case InsertSet(cell_set):
            insert = {"$insert": {"index": "-", "value": cell_set.as_json()}}
            return [_matching("scratchpad", {"children": [insert]})]


def _matching(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"$match": {"query": f"$[?(@.key == {json.dumps(key)})]", "value": value}}


def _checked(authorization: str | None) -> str:
    """The caller's token as a header; a bare one is a bearer's."""
    if not authorization:
        raise CellSetsNotChanged(reason="the request carries no authorization, which the API asks for")
    if not HEADER.fullmatch(authorization):
        raise CellSetsNotChanged(reason="the request's authorization cannot be sent in a header")
    return authorization if " " in authorization else f"Bearer {authorization}"


def _said(response: requests.Response, token: str) -> str:
    """The status, with the API's own reason where it gives one, and without the token."""
    status = f"{response.status_code} {response.reason or ''}".strip()
    text = b""
    try:
        for block in response.iter_content(ERROR_BYTES):
            text += block
            if len(text) >= ERROR_BYTES:
                break
        told = json.loads(text)
        if isinstance(told.get("errors"), list):
            told = told["errors"][0]
        reason = told["message"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, requests.RequestException):
        return status
    secret = token.split()[-1]
    return f"{status}: {one_line(redact(str(reason).replace(secret, '[token]')), 300)}"
