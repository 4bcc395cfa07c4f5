"""The cluster's store: a bucket of S3."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from io import BytesIO
from os import SEEK_END
from typing import Any, BinaryIO, cast
from urllib.parse import quote, urlencode

from botocore.exceptions import BotoCoreError, ClientError

from tandem.aws import Clients
from tandem.errors import ObjectMissing, StoreUnavailable, TaskFailed
from tandem.settings import Kind, Settings
from tandem.stores.base import Stored
from tandem.stores.keys import checked

#: The most bytes that S3 takes in one request. One request is all or nothing, at any size of a result.
PUT_MAX = 5 << 30
#: Tries of a conditional put that S3 could not decide because another writer was at it.
CONFLICT_TRIES = 5
#: How S3 names what is not there, an offset behind the end, a condition that does not hold, and one not decided.
ABSENT = ("NoSuchKey", "404")
BEYOND = ("InvalidRange", "416")
TAKEN = ("PreconditionFailed", "412")
UNDECIDED = ("ConditionalRequestConflict", "409")


class S3Store:
    """A bucket of S3. An empty object counts as absent."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self.bucket = bucket
        self._clients = clients

    @classmethod
    def of_kind(cls, settings: Settings, kind: Kind, account: str | None) -> "S3Store":
        """The bucket of one kind; without an account number, that of our keys."""
        store = cls(Clients(settings), f"{kind}-{settings.cluster_env}")
        with store._faults(""):
            store.bucket = settings.bucket(kind, account or store._clients.account())
        return store

    def put(
        self,
        key: str,
        body: BinaryIO,
        *,
        content_type: str,
        content_encoding: str | None = None,
        tags: Mapping[str, str] | None = None,
        replace: bool = False,
        expected: str | None = None,
    ) -> bool:
        """One request, so that nothing is seen of a body that was cut short."""
        self._refuse_giants(body)
        given: dict[str, Any] = {"ContentType": content_type, "Tagging": urlencode(dict(tags or {}), quote_via=quote)}
        if content_encoding:
            given["ContentEncoding"] = content_encoding
        if expected is not None:
            with suppress(ObjectMissing):
                return self._put(key, body, {**given, "IfMatch": f'"{expected}"'})
            return False
        if replace:
            return self._put(key, body, given)
        if self._put(key, body, {**given, "IfNoneMatch": "*"}):
            return True
        # Taken, or the other writer's object is empty: then it may be replaced, unless it has changed meanwhile.
        found = self._head(key)
        empty = found is not None and found["ContentLength"] == 0
        return empty and found is not None and self._put(key, body, {**given, "IfMatch": found["ETag"]})

    def get(self, key: str, offset: int = 0) -> AbstractContextManager[BinaryIO]:
        """Stream the body; a connection that breaks while it is read is StoreUnavailable."""
        return self._reading(checked(key), offset)

    def head(self, key: str) -> Stored | None:
        """What S3 says of exactly this key, which is all but the tags."""
        found = self._head(key)
        if found is None or not found["ContentLength"]:
            return None
        return Stored(
            key,
            found["ContentLength"],
            found["ETag"].strip('"'),
            found["LastModified"],
            found.get("ContentType"),
            found.get("ContentEncoding"),
        )

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """All pages, one after the other."""
        if parent := prefix.rpartition("/")[0]:
            checked(parent)
        with self._faults(prefix):
            for page in self._clients.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for found in page.get("Contents", []):
                    if found["Size"]:
                        yield Stored(found["Key"], found["Size"], found["ETag"].strip('"'), found["LastModified"])

    def delete(self, key: str) -> None:
        """Delete the object."""
        with self._faults(key):
            self._clients.s3.delete_object(Bucket=self.bucket, Key=checked(key))

    def url(self, key: str, expires_s: int = 3600) -> str:
        """A signed address, good for reading only."""
        with self._faults(key):
            return self._clients.s3.generate_presigned_url(
                "get_object", Params={"Bucket": self.bucket, "Key": checked(key)}, ExpiresIn=expires_s
            )

    def _put(self, key: str, body: BinaryIO, given: Mapping[str, Any]) -> bool:
        """Whether the object was stored; its condition may not hold."""
        for _ in range(CONFLICT_TRIES):
            body.seek(0)
            with self._faults(key):
                try:
                    self._clients.s3.put_object(Bucket=self.bucket, Key=checked(key), Body=body, **given)
                except ClientError as error:
                    if _code(error) in TAKEN:
                        return False
                    if _code(error) not in UNDECIDED:
                        raise
                else:
                    return True
        raise StoreUnavailable(bucket=self.bucket, key=key, reason="other writers are at the same key")

    def _head(self, key: str) -> Mapping[str, Any] | None:
        with self._faults(key):
            try:
                return self._clients.s3.head_object(Bucket=self.bucket, Key=checked(key))
            except ClientError as error:
                if _code(error) in ABSENT:
                    return None
                raise

    @contextmanager
    def _reading(self, key: str, offset: int) -> Iterator[BinaryIO]:
        part: dict[str, Any] = {"Range": f"bytes={offset}-"} if offset else {}
        with self._faults(key):
            try:
                found = self._clients.s3.get_object(Bucket=self.bucket, Key=key, **part)
            except ClientError as error:
                if _code(error) in BEYOND:
                    yield BytesIO()
                    return
                raise
            with closing(found["Body"]) as body:
                if not found["ContentLength"]:
                    raise ObjectMissing(key=key, bucket=self.bucket)
                yield cast(BinaryIO, body)

    def _refuse_giants(self, body: BinaryIO) -> None:
        if body.seek(0, SEEK_END) > PUT_MAX:
            raise TaskFailed(
                error_code="RESULT_TOO_LARGE",
                user_message="The result is larger than the 5 GiB that can be stored. Ask for fewer cells or genes.",
            )

    @contextmanager
    def _faults(self, key: str) -> Iterator[None]:
        """Say in Tandem's words what S3 or the way to it refused."""
        try:
            yield
        except ClientError as error:
            if _code(error) in ABSENT:
                raise ObjectMissing(key=key, bucket=self.bucket) from error
            raise StoreUnavailable(bucket=self.bucket, key=key, reason=error) from error
        except BotoCoreError as error:
            raise StoreUnavailable(bucket=self.bucket, key=key, reason=error) from error


def _code(error: ClientError) -> str:
    return error.response["Error"].get("Code", "")
