"""The bridge to the R service: httpx on loopback, one connection per call (keep-alive to httpuv stalls for 40 ms)."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tandem.blocks import BLOCK_BYTES
from tandem.errors import (
    ChildDied,
    DatasetUnreadable,
    DeadlineExceeded,
    RServiceGone,
    RServiceUnavailable,
    TandemError,
    TaskFailed,
    TaskKilled,
)
from tandem.records.base import Progress

#: How long R may take to accept a connection, in seconds.
CONNECT_S = 5.0
#: How much later than R's own deadline we stop waiting, in seconds: R answers first, with the better reason.
MARGIN_S = 5.0
#: No work takes longer than this, in seconds, whatever its caller allows.
LONGEST_S = 7 * 24 * 3600.0
#: How long the small questions (ready, progress, kill) may take, in seconds.
SMALL_S = 5.0
#: Waiting for R goes from the first pause to the last, doubling, in seconds.
FIRST_PAUSE_S, LAST_PAUSE_S = 0.1, 2.0
#: A dataset that cannot be read may still be on its way to its place; after this long it is bad, in seconds.
BAD_FILE_S = 20.0
#: At most so much of an error's body is read, in bytes.
ERROR_BYTES = 4 << 20


@dataclass(frozen=True)
class Answer:
    """A result on its way: final bytes, never parsed here."""

    content_type: str
    blocks: Iterator[bytes]


class RService:
    """One R service. Safe to be shared by threads."""

    def __init__(self, url: str, patience_s: float | None = None) -> None:
        self.url = url
        self._patience_s = patience_s if patience_s is not None else LONGEST_S
        self._http = httpx.Client(
            base_url=url,
            headers={"Connection": "close", "Accept-Encoding": "identity"},  # else httpuv would compress, slowly
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=httpx.Timeout(SMALL_S, connect=CONNECT_S),
            verify=False,  # noqa: S501  # plain HTTP on loopback; building a TLS context would take 20 ms
            trust_env=False,
        )

    @contextmanager
    def run(self, route: str, payload: Mapping[str, Any], *, request_id: str, seconds: float) -> Iterator[Answer]:
        """Run one task and read its answer while the context is open.

        RServiceUnavailable when the work has not begun (R is away, or has not loaded the file as it is on disk now);
        ChildDied when it began and broke off.
        """
        timeout = httpx.Timeout(min(seconds, LONGEST_S) + MARGIN_S, connect=CONNECT_S)
        headers = {"X-Request-Id": request_id, "X-Deadline-Seconds": f"{min(seconds, LONGEST_S):.3f}"}
        headers |= {"X-Data": "as-on-disk", "Content-Type": "application/json"}
        body = json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()
        try:
            with self._http.stream("POST", f"/v0/{route}", content=body, headers=headers, timeout=timeout) as response:
                if response.status_code != httpx.codes.OK:
                    raise _error_of(response, self.url)
                yield Answer(
                    content_type=response.headers.get("Content-Type", "application/octet-stream"),
                    blocks=response.iter_raw(BLOCK_BYTES),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise RServiceUnavailable(url=self.url, reason=str(error)) from error
        except httpx.TimeoutException as error:
            raise DeadlineExceeded() from error
        except httpx.HTTPError as error:
            raise ChildDied(reason=f"the R service broke off ({error})") from error

    def wait_until_ready(self, *, check: Callable[[], None], tell: Callable[[str], None]) -> None:
        """Wait for R to hold its dataset as it is on disk now: old data must not answer for a file that has changed.
        `check()` raises to give up; `tell(state)` is called while it lasts. DatasetUnreadable if the file stays bad,
        RServiceGone if R stays away for longer than we have patience."""
        pause, bad_since, seen_at = FIRST_PAUSE_S, None, time.monotonic()
        while not (state := self.ready()).get("ready") or state.get("stale"):
            check()
            if state.get("state") != "away":
                seen_at = time.monotonic()
            elif time.monotonic() - seen_at > self._patience_s:
                raise RServiceGone
            tell("reloading" if state.get("ready") else str(state.get("state")))
            if not state.get("error"):
                bad_since = None
            elif bad_since is None:
                bad_since = time.monotonic()
            elif time.monotonic() - bad_since > BAD_FILE_S:
                raise DatasetUnreadable(reason=state["error"])
            time.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE_S)

    def ready(self) -> dict[str, Any]:
        """What R says of its dataset; `{"ready": False, "state": "away"}` when it does not answer."""
        try:
            state = self._http.get("/ready").json()
        except (httpx.HTTPError, ValueError):
            state = None
        return state if isinstance(state, dict) else {"ready": False, "state": "away"}

    def progress(self, request_id: str) -> Progress | None:
        """What a running task last said, if anything."""
        try:
            told = self._http.get(f"/v0/requests/{request_id}").json()
        except (httpx.HTTPError, ValueError):
            return None
        if not isinstance(told, dict) or not isinstance(told.get("message"), str):
            return None
        return Progress(told["message"], told.get("step"), told.get("total"))

    def kill(self, request_id: str) -> None:
        """End a running task; its answer, if somebody waits for it, says that it was cancelled."""
        try:
            self._http.delete(f"/v0/requests/{request_id}")
        except httpx.HTTPError:
            return  # an R service that is away runs nothing

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()


def _error_of(response: httpx.Response, url: str) -> TandemError:
    """The error that an answer other than 200 stands for."""
    text = b""
    for block in response.iter_raw(ERROR_BYTES):
        text += block
        if len(text) >= ERROR_BYTES:
            break
    try:
        told = json.loads(text)
        code, message = str(told["error_code"]), str(told["user_message"])
    except (ValueError, KeyError, TypeError):
        gone = response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
        code = "R_WORKER_CHILD_DIED" if gone else "R_WORKER_UNHANDLED_ERROR"
        message = f"the R service answered with status {response.status_code}"
    match code:
        case "R_WORKER_NOT_READY" | "R_WORKER_BUSY":
            return RServiceUnavailable(url=url, reason=message)
        case "R_WORKER_CHILD_DIED":
            return ChildDied(reason=message)
        case "R_WORKER_TIMEOUT":
            return DeadlineExceeded()
        case "R_WORKER_CANCELLED":
            return TaskKilled()
        case _:
            return TaskFailed(error_code=code, user_message=message)
