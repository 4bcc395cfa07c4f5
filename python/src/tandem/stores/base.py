"""What a store promises. One suite (tests/integration/test_store_conformance.py) holds every adapter to it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Stored:
    """What is known of an object without reading it."""

    key: str
    size: int
    etag: str
    modified: datetime
    content_type: str | None = None
    content_encoding: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Store(Protocol):
    """A bucket of objects. An object is seen whole or not at all, whenever the writer dies."""

    bucket: str

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
        """Store a seekable file. False, and nothing changed, when the key is taken and `replace` is not asked for
        (an empty object counts as absent), or when what is to be replaced has not the `expected` ETag.
        StoreUnavailable when the store does not take it."""

    def get(self, key: str, offset: int = 0) -> AbstractContextManager[BinaryIO]:
        """Open an object for reading in blocks, from a byte on. ObjectMissing if absent."""

    def head(self, key: str) -> Stored | None:
        """What is known of exactly this key (tags only where they come for free); None if absent or empty."""

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """All objects whose key starts so, in key order."""

    def delete(self, key: str) -> None:
        """Remove an object; no matter if it is absent."""

    def url(self, key: str, expires_s: int = 3600) -> str:
        """An address that a client can read the object from."""
