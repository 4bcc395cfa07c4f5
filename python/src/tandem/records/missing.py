"""Putting into a table what is not there yet."""

from functools import cache

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


@cache
def insert_missing(table: Table, database: str) -> Insert:
    """Rows whose key is known already, or is put there by somebody else this very moment, are left out."""
    if database == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
