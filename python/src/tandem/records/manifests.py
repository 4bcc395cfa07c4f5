"""What jobs read and data sets name: lists of files, each kept once under its hash."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert
from sqlalchemy.dialects import postgresql, sqlite

from tandem.records.job_schema import manifests


def keep_manifest(connection: Connection, hash_: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Note the files, unless somebody has, or does so this very moment."""
    size = sum(entry["size"] for entry in entries)
    row = {"hash": hash_, "files": len(entries), "size": size, "entries": list(entries)}
    insert: Insert = (
        sqlite.insert(manifests).on_conflict_do_nothing()
        if connection.dialect.name == "sqlite"
        else postgresql.insert(manifests).on_conflict_do_nothing()
    )
    connection.execute(insert, row)
