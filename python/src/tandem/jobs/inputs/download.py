"""Inputs from elsewhere: objects of S3, and pages of hosts that are allowed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from tandem.aws import Clients
from tandem.errors import InputUnfit
from tandem.jobs.inputs.manifest import MOST_FILES, checked
from tandem.settings import Settings
from tandem.text import one_line

#: Seconds without a byte until an address is given up, and the most redirections of one.
PAUSE_S, MOST_HOPS = 30.0, 5
#: Bytes read at a time.
BLOCK = 1 << 20
#: The ports that an allowed host may be asked at without saying so.
PORTS = {"http": 80, "https": 443}


def download(url: str, folder: Path, settings: Settings) -> None:
    """Put what the address names into the folder, or InputUnfit."""
    parts = _parts(url)
    match parts.scheme:
        case "s3":
            _from_s3(url, parts.netloc, url.partition("://")[2].partition("/")[2], folder, settings)
        case "http" | "https":
            _from_web(url, folder, settings)
        case _:
            _refuse(url, "it must begin with s3://, https:// or http://")


class _Target:
    """The files of one address, which may hold so many bytes together."""

    def __init__(self, url: str, folder: Path, limit: int) -> None:
        self._url, self._folder, self._left, self._limit = url, folder, limit, limit

    def write(self, name: str, pieces: Iterator[bytes]) -> None:
        path = self._folder / checked(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb")
        except (FileExistsError, NotADirectoryError):
            _refuse(self._url, f"{name} lies below another object, which cannot be a file and a folder at once")
        with file:
            for piece in pieces:
                self._spend(len(piece))
                file.write(piece)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            _refuse(self._url, f"it is larger than the {self._limit:,} bytes that TANDEM_UPLOAD_BYTES allows")


def _from_s3(url: str, bucket: str, key: str, folder: Path, settings: Settings) -> None:
    if not bucket or not key:
        _refuse(url, "it must name a bucket and an object, like s3://bucket/folder/name")
    target = _Target(url, folder, settings.upload_bytes)
    with closing(Clients(settings)) as clients:
        try:
            names = _keys(clients, bucket, key) if key.endswith("/") else [key]
            if not names:
                _refuse(url, "there is nothing under it")
            prefix = len(key) if key.endswith("/") else key.rfind("/") + 1
            for name in names:
                body = clients.s3.get_object(Bucket=bucket, Key=name)["Body"]
                with closing(body):
                    target.write(name[prefix:], body.iter_chunks(BLOCK))
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            said = {"NoSuchKey": "there is no such object", "NoSuchBucket": "there is no such bucket"}
            _refuse(url, said.get(code, f"S3 does not give it ({code})"))
        except BotoCoreError as error:
            _refuse(url, f"S3 does not give it: {error}")


def _keys(clients: Clients, bucket: str, prefix: str) -> list[str]:
    pages = clients.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys: list[str] = []
    for page in pages:
        keys += [found["Key"] for found in page.get("Contents", []) if not found["Key"].endswith("/")]
        if len(keys) > MOST_FILES:
            _refuse(f"s3://{bucket}/{prefix}", f"there are more than {MOST_FILES:,} objects under it")
    return keys


def _from_web(url: str, folder: Path, settings: Settings) -> None:
    target, name, at = _Target(url, folder, settings.upload_bytes), checked(_name(url)), url
    try:
        with httpx.Client(timeout=PAUSE_S, follow_redirects=False) as client:
            for _ in range(MOST_HOPS):
                _check_host(url, at, settings)
                with client.stream("GET", at, headers={"Accept-Encoding": "identity"}) as answer:
                    if answer.is_redirect:
                        at = urljoin(at, answer.headers["location"])
                        continue
                    if answer.status_code != httpx.codes.OK:
                        _refuse(url, f"the server answers {answer.status_code} {answer.reason_phrase}")
                    target.write(name, answer.iter_raw(BLOCK))
                    return
    except httpx.HTTPError as error:
        _refuse(url, f"the server does not give it: {error or type(error).__name__}")
    _refuse(url, "it leads from one address to the next without end")


def _check_host(url: str, at: str, settings: Settings) -> None:
    """Only hosts that are allowed by name are asked, wherever a redirection leads."""
    parts = _parts(at)
    host, scheme = parts.hostname or "", parts.scheme
    if scheme not in PORTS or "@" in parts.netloc:
        _refuse(url, "it leads to an address that is not plain http or https")
    port = parts.port or PORTS[scheme]
    shown = host if port == PORTS[scheme] else f"{host}:{port}"
    if shown not in map(str.lower, settings.url_hosts):
        _refuse(url, f"the host {shown} is not allowed here; whoever runs this gateway adds it to TANDEM_URL_HOSTS")


def _name(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2] or "index.html"


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        _refuse(url, "it is no address")
    return parts


def _refuse(url: str, reason: str) -> NoReturn:
    raise InputUnfit(field=one_line(url, 200), reason=one_line(reason, 300))
