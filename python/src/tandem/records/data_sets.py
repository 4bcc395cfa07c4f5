"""Inputs that people have given a name."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tandem.errors import DataSetTaken, DataSetUnknown
from tandem.records.job_schema import data_sets, manifests
from tandem.records.manifests import keep_manifest


@dataclass(frozen=True)
class DataSet:
    """A named input."""

    name: str
    hash: str
    description: str
    owner: str
    created_at: datetime
    files: int
    size: int


class DataSets:
    """The data sets of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self,
        name: str,
        hash_: str,
        entries: list[dict[str, Any]],
        *,
        description: str = "",
        owner: str = "",
        replace: bool = False,
    ) -> DataSet:
        """Give a name to files. The same again changes nothing; something else under a known name is DataSetTaken."""
        new = {"name": name, "hash": hash_, "description": description, "owner": owner}
        try:
            with self._engine.begin() as connection:
                keep_manifest(connection, hash_, entries)
                known = connection.execute(select(data_sets).where(data_sets.c.name == name)).one_or_none()
                if known is not None and known.hash != hash_ and not replace:
                    raise DataSetTaken(name=name)
                if known is None:
                    connection.execute(insert(data_sets).values(**new, created_at=datetime.now(UTC)))
                elif known.hash != hash_:
                    this = data_sets.c.name == name
                    connection.execute(update(data_sets).where(this).values(**new, created_at=datetime.now(UTC)))
        except IntegrityError:  # somebody else gave the name this very moment
            raise DataSetTaken(name=name) from None
        return self.get(name)

    def get(self, name: str) -> DataSet:
        """One of them. DataSetUnknown if absent."""
        with self._engine.connect() as connection:
            row = connection.execute(_all().where(data_sets.c.name == name)).one_or_none()
        if row is None:
            known = ", ".join(one.name for one in self.find()) or "none"
            raise DataSetUnknown(name=name, known=known)
        return DataSet(**row._mapping)

    def find(self) -> list[DataSet]:
        """All of them, by name."""
        with self._engine.connect() as connection:
            return [DataSet(**row._mapping) for row in connection.execute(_all().order_by(data_sets.c.name))]

    def entries(self, name: str) -> list[dict[str, Any]]:
        """Its files."""
        hash_ = self.get(name).hash
        with self._engine.connect() as connection:
            return connection.scalar(select(manifests.c.entries).where(manifests.c.hash == hash_)) or []

    def remove(self, name: str) -> None:
        """Take the name away. What jobs have read stays."""
        self.get(name)
        with self._engine.begin() as connection:
            connection.execute(delete(data_sets).where(data_sets.c.name == name))


def _all() -> Select[Any]:
    columns = [data_sets.c[name] for name in ("name", "hash", "description", "owner", "created_at")]
    return select(*columns, manifests.c.files, manifests.c.size).select_from(data_sets.join(manifests))
