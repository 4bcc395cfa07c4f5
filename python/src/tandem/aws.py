"""Clients of AWS, or of a simulator of it: one for each thread and service, made once."""

import os
from functools import cache
from threading import Lock, local
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from tandem import __version__
from tandem.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

#: Where a developer's simulator listens, and the key pair it goes by, if nothing else is said.
SIMULATOR = "http://host.docker.internal:4566"
SIMULATOR_KEY, SIMULATOR_SECRET = "my-key", "my-secret-key"
#: Seconds to reach the service.
CONNECT_S = 3.0
#: Seconds of silence until a call is given up; longer than the longest poll of a queue.
READ_S = 30.0
#: Tries in a row of one call. Waiting longer is the caller's affair: it knows its lease.
TRIES = 2

#: Clients may be used by threads at will, but sessions make only one at a time.
_one_at_a_time = Lock()


class Clients:
    """The clients of one endpoint."""

    def __init__(self, settings: Settings, endpoint: str | None = None, patience_s: float | None = None) -> None:
        """`patience_s` is how long one try may be silent, where that matters more than a slow answer."""
        self._patience_s = patience_s
        given = endpoint or settings.aws_endpoint
        self._endpoint = given or (SIMULATOR if settings.cluster_env == "development" else None)
        self._simulated = settings.in_development and not is_amazon(self._endpoint)
        self._region = settings.aws_region
        self._mine = local()

    @property
    def s3(self) -> "S3Client":
        """This thread's client of S3."""
        return cast("S3Client", self._client("s3"))

    @property
    def sqs(self) -> "SQSClient":
        """This thread's client of SQS."""
        return cast("SQSClient", self._client("sqs"))

    def account(self) -> str:
        """The number of the account whose keys we hold."""
        return str(self._client("sts").get_caller_identity()["Account"])

    def close(self) -> None:
        """Let go of this thread's connections; those of other threads go with their threads."""
        for client in vars(self._mine).values():
            client.close()
        vars(self._mine).clear()

    def _client(self, service: Literal["s3", "sqs", "sts"]) -> Any:
        if not hasattr(self._mine, service):
            setattr(self._mine, service, self._make(service))
        return getattr(self._mine, service)

    def _make(self, service: str) -> Any:
        with _one_at_a_time:
            session = _session(self._region, self._simulated and "AWS_ACCESS_KEY_ID" not in os.environ)
            return session.client(service, endpoint_url=self._endpoint, config=self._config())  # type: ignore[call-overload]

    def _config(self) -> Config:
        # Servers that only speak S3 do not all know checksums that trail a body, nor buckets in host names.
        elsewhere = not is_amazon(self._endpoint)
        patience_s = READ_S if self._patience_s is None else self._patience_s
        return Config(
            connect_timeout=min(CONNECT_S, patience_s),
            read_timeout=patience_s,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            signature_version="s3v4" if elsewhere else None,
            s3={"addressing_style": "path" if elsewhere else "auto"},
            request_checksum_calculation="when_required" if elsewhere else "when_supported",
            response_checksum_validation="when_required" if elsewhere else "when_supported",
            user_agent_extra=f"tandem/{__version__}",
        )


def is_amazon(endpoint: str | None) -> bool:
    """Whether this is the service itself; no endpoint means it is."""
    host = urlsplit(endpoint).hostname or "" if endpoint else "amazonaws.com"
    return host.endswith(("amazonaws.com", "amazonaws.com.cn"))


@cache
def _session(region: str, simulated: bool) -> boto3.Session:
    """What all clients share: the descriptions of the services, which are slow to read, and the keys."""
    return (
        boto3.Session(SIMULATOR_KEY, SIMULATOR_SECRET, region_name=region)
        if simulated
        else boto3.Session(region_name=region)
    )
