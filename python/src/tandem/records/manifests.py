"""What jobs read and data sets name: lists of files, each kept once under its hash."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from tandem.records.job_schema import manifests
from tandem.records.missing import insert_missing


def keep_manifest(connection: Connection, hash_: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Note the files, unless somebody has, or does so this very moment."""
    size = sum(entry["size"] for entry in entries)
    row = {"hash": hash_, "files": len(entries), "size": size, "entries": list(entries)}
    connection.execute(insert_missing(manifests, connection.dialect.name), row)
