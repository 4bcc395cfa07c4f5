"""The users' bucket: small files as texts, large ones streamed."""

import json
import mimetypes
import shutil
from collections.abc import Iterator
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from tandem.aws import Clients
from tandem.errors import InputUnfit, ObjectMissing
from tandem.jobs.runner.results import JSON_TYPE, OTHER_TYPE, TEXT_TYPE
from tandem.settings import Settings
from tandem.stores.base import Store, Stored
from tandem.stores.s3 import S3Store

#: Bytes of a file that is read whole.
SMALL_BYTES = 1 << 20
#: Bytes of a file that are held in memory on its way.
HELD_BYTES = 8 << 20


class Bucket:
    """One bucket of S3."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._store = S3Store(Clients(settings), name)

    def head(self, key: str) -> Stored | None:
        """What is known of an object."""
        return self._store.head(key)

    def read(self, key: str, field: str) -> str:
        """A small text. InputUnfit, about the field that names it, where there is none."""
        try:
            with self._store.get(key) as body:
                content = body.read(SMALL_BYTES + 1)
        except ObjectMissing:
            raise InputUnfit(field=field, reason=f"there is no {key}, or it is empty") from None
        if len(content) > SMALL_BYTES:
            raise InputUnfit(field=field, reason=f"{key} is larger than {SMALL_BYTES:,} bytes")
        try:
            return content.decode("utf-8-sig")  # what Windows writes begins with a mark
        except UnicodeDecodeError:
            raise InputUnfit(field=field, reason=f"{key} is no text in UTF-8") from None

    def write_json(self, key: str, told: Any, *, replace: bool = True) -> bool:
        """Write a value; False where there is one that is not to be replaced."""
        text = json.dumps(told, indent=2, ensure_ascii=False)
        return self._put(key, BytesIO(text.encode()), JSON_TYPE, replace=replace)

    def write_text(self, key: str, text: str) -> None:
        """Write a text."""
        self._put(key, BytesIO(text.encode(errors="replace")), TEXT_TYPE)

    def write_empty(self, key: str) -> None:
        """Write a file without content, which counts as absent elsewhere."""
        self._put(key, BytesIO(), _type(key))

    def copy(self, source: Store, source_key: str, key: str) -> None:
        """Copy a file from another store. ObjectMissing where it is not there any more."""
        with source.get(source_key) as body, SpooledTemporaryFile(HELD_BYTES) as held:
            shutil.copyfileobj(body, held)
            self._put(key, cast(BinaryIO, held), _type(key))

    def delete(self, key: str) -> None:
        """Delete a file; no matter if it is absent."""
        self._store.delete(key)

    def list(self, prefix: str) -> Iterator[Stored]:
        """All files under a prefix that are not empty."""
        return self._store.list(prefix)

    def _put(self, key: str, body: BinaryIO, content_type: str, *, replace: bool = True) -> bool:
        return self._store.put(key, body, content_type=content_type, replace=replace)


def _type(key: str) -> str:
    return TEXT_TYPE if key.endswith(".txt") else mimetypes.guess_type(key)[0] or OTHER_TYPE
