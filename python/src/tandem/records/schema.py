"""The tables of the record."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlalchemy.types import TypeDecorator

#: Raised by one with every change of the tables, so that a migration knows where it starts.
SCHEMA_VERSION = 5

metadata = MetaData()


class Moment(TypeDecorator[datetime]):
    """A time in UTC with its zone, also where the database keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse a time without zone on its way in (astimezone would guess the machine's)."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"The time {value} has no zone.")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Put the zone back on its way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

runs = Table(
    "runs",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("experiment", String, nullable=False),
    Column("task", String, nullable=False),
    Column("etag", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("error_code", String),
    Column("reason", String),
    Column("kill_requested", Boolean, nullable=False),
    Column("parent", String),
    Column("tags", JSON, nullable=False),
    Column("kind", String, nullable=False, server_default="task"),
    Index("runs_by_time", "queued_at"),
    Index("runs_by_state", "state", "queued_at"),
    Index("runs_by_parent", "parent", "state"),
    Index("runs_by_kind_and_state", "kind", "state"),
)

#: Since version 2: what has ended lately is looked for at every look at the gateway's metrics.
runs_by_end = Index("runs_by_end", runs.c.finished_at)
#: Since version 3: tasks and jobs are listed apart.
runs_by_kind = Index("runs_by_kind", runs.c.kind, runs.c.queued_at)

#: Since version 5: what is looked for at every request and every second is found without a walk over all runs. Each has
#: the time at its end, or SQLite would rather walk in the order that is wanted than search and sort.
lookups = (
    Index("runs_by_experiment_and_time", runs.c.kind, runs.c.experiment, runs.c.queued_at),
    Index("runs_by_etag_and_time", runs.c.etag, runs.c.kind, runs.c.queued_at),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, ForeignKey("runs.run_id"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reason", String),
    Column("host", String, nullable=False),
)

#: What was asked for, apart from the runs so that lists of them stay light.
requests = Table(
    "requests",
    metadata,
    Column("run_id", String, ForeignKey("runs.run_id"), primary_key=True),
    Column("request", JSON, nullable=False),
)

#: How far a run is, as it said last.
progress = Table(
    "progress",
    metadata,
    Column("run_id", String, ForeignKey("runs.run_id"), primary_key=True),
    Column("message", String, nullable=False),
    Column("step", Integer),
    Column("total", Integer),
    Column("told_at", Moment, nullable=False),
)

#: Who may use the gateway. Of a token only its hash is kept.
tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

#: What only gateways of this record know, by what it is for.
secrets = Table(
    "secrets",
    metadata,
    Column("purpose", String, primary_key=True),
    Column("value", String, nullable=False),
)
