"""Requests to one gateway, and its refusals as errors of ours."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tandem.client.address import Address
from tandem.client.plain import plain
from tandem.errors import GatewayAway, GatewayRefused, InvalidSetting, UsageError

#: Seconds until a gateway that does not listen, take or answer is given up.
TIMEOUT = httpx.Timeout(60.0, connect=5.0, read=300.0)
#: Seconds between two tries to reach it.
PAUSE_S = 0.5
#: What may go well a moment later.
BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
#: The longest that a busy gateway is waited for at a time, and how often, where a request changes nothing.
BUSY_S, BUSY_TRIES = 5.0, 4
#: How many entries of a list come at a time.
PAGE = 500

Query = Mapping[str, Any]
#: A part of a form: its field, the name of its file, and what is in it.
Part = tuple[str, tuple[str, Any]]


class Session:
    """Speaks to one gateway; any number of threads may use it."""

    def __init__(self, address: Address) -> None:
        self.url = _checked(address.url)
        self._patience_s = address.patience_s
        headers = {"Accept": "application/json"}
        if token := address.token:
            if not (token.isascii() and token.isprintable()):
                raise InvalidSetting(name="TANDEM_TOKEN", value="***", reason="it has signs that no token has")
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=TIMEOUT,
            follow_redirects=True,
            # a proxy of the environment is for addresses beyond this machine
            trust_env=not _is_here(self.url),
        )

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def get(self, path: str, query: Query | None = None, *, patience_s: float | None = None) -> Any:
        """The JSON at an address; a gateway that is away may come back within its patience."""
        return self._read(self._asked("GET", path, query, patience_s=patience_s))

    def text(self, path: str, query: Query | None = None) -> str:
        """The text at an address."""
        return self._asked("GET", path, query).text

    def post(self, path: str, body: Any = None) -> Any:
        """Ask for something in JSON; what the answer says."""
        content = None if body is None else as_json(body)
        response = self._asked("POST", path, content=content, headers={"Content-Type": "application/json"})
        return self._read(response) if response.content else None

    def send_form(self, path: str, fields: Mapping[str, str], files: Sequence[Part]) -> Any:
        """Ask for something with files."""
        # a field without a file name is no file; so all parts go one way, and in this order
        parts: list[Any] = [(name, (None, value)) for name, value in fields.items()]
        return self._read(self._asked("POST", path, files=[*parts, *files]))

    def delete(self, path: str) -> None:
        """Remove something."""
        self._asked("DELETE", path)

    def pages(self, path: str, query: Query, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """The entries of a list that comes by pages, up to a limit."""
        cursor, left = None, limit
        while left is None or left > 0:
            wanted = PAGE if left is None else min(PAGE, left)
            page = self.get(path, {**query, "limit": wanted, "cursor": cursor})
            yield from page["items"][:left]
            left = None if left is None else left - len(page["items"])
            cursor = page.get("cursor")
            if cursor is None or not page["items"]:
                return

    @contextmanager
    def stream(self, path: str) -> Iterator[httpx.Response]:
        """The answer as it comes."""
        with self._faults(), self._http.stream("GET", path) as response:
            if response.is_error:
                response.read()
                raise refusal(response)
            yield response

    def _asked(
        self, method: str, path: str, query: Query | None = None, *, patience_s: float | None = None, **request: Any
    ) -> httpx.Response:
        """One request. One that never arrived is sent again, and one that changes nothing also where it is too much."""
        deadline = time.monotonic() + (self._patience_s if patience_s is None else patience_s)
        params = {name: value for name, value in (query or {}).items() if value is not None}
        tries = 0
        while True:
            try:
                with self._faults():
                    response = self._http.request(method, path, params=params, **request)
            except GatewayAway as error:
                never_sent = isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
                if time.monotonic() >= deadline or not (never_sent or method == "GET"):
                    raise
                time.sleep(PAUSE_S)
                continue
            if response.request.method != method:  # as browsers do where an address has moved
                raise self._wrong(f"it leads on to {response.url.copy_with(raw_path=b'/')}; give that address")
            tries += 1
            if response.is_success:
                return response
            if method != "GET" or response.status_code not in BUSY or tries >= BUSY_TRIES:
                raise refusal(response)
            time.sleep(_pause_of(response))

    def _read(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError:
            raise self._wrong("what answers there is no gateway of Tandem") from None

    def _wrong(self, reason: str) -> InvalidSetting:
        return InvalidSetting(name="TANDEM_URL", value=self.url, reason=reason)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise GatewayAway(url=self.url, reason=_in_words(error)) from error


def refusal(response: httpx.Response) -> GatewayRefused:
    """The sentence of the gateway; of what stands before it where there is none."""
    detail = None
    try:
        problem = response.json()
        detail = problem.get("detail") or problem.get("title")
    except (ValueError, AttributeError):
        pass
    said = detail or f"{response.request.url.host} answered {response.status_code} {response.reason_phrase}."
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        said += " Here it is given as TANDEM_TOKEN, or to Client(token=…)."
    return GatewayRefused(detail=said, status=response.status_code)


def place(*parts: str) -> str:
    """A path of parts that may hold any sign; the last one may name folders."""
    return "/" + "/".join(quote(part, safe="" if at < len(parts) - 1 else "/") for at, part in enumerate(parts))


def as_json(body: Any) -> str:
    """A body; arrays and numbers of numpy are as good as any."""
    try:
        return json.dumps(body, default=plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(reason=f"this cannot be sent: {error}") from None


def _checked(url: str) -> str:
    """The address as requests are put behind it. InvalidSetting for what is none."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidSetting(name="TANDEM_URL", value=url, reason=error) from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise InvalidSetting(name="TANDEM_URL", value=url, reason="it has to be like http://host:8080")
    return url.rstrip("/")


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _pause_of(response: httpx.Response) -> float:
    told = response.headers.get("Retry-After", "")
    return min(float(told) if told.isdecimal() else 1.0, BUSY_S)


def _in_words(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it takes too long"
    return str(error) or type(error).__name__
