"""The database of the record: where it is, how it is spoken to, and its tables when they are missing."""

import os
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text, update
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.schema import CreateColumn

from tandem.errors import InvalidSetting, RecordUnavailable
from tandem.records import job_schema
from tandem.records.ends import make_counter
from tandem.records.schema import SCHEMA_VERSION, schema_version

#: Seconds a writer waits for another one's transaction in SQLite.
BUSY_TIMEOUT_S = 30.0
#: Seconds to reach PostgreSQL.
CONNECT_TIMEOUT_S = 5
#: Tries to make the tables while other processes make them too, and the pause between two of them in seconds.
SCHEMA_TRIES = 10
SCHEMA_PAUSE_S = 0.2

KNOWN_FORMS = "It must be sqlite:////path/of/a/file or postgresql://user:password@host/database"


def open_database(address: str) -> Engine:
    """The database of this URL, with its folder and tables; its absence is RecordUnavailable from now on."""
    try:
        engine = _engine(make_url(address))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        reason = f"{error}. {KNOWN_FORMS}"
        raise InvalidSetting(name="DATABASE_URL", value=address.rpartition("@")[2], reason=reason) from error
    event.listen(engine, "handle_error", _say_unavailable)
    _make_tables(engine)
    return engine


def _engine(url: URL) -> Engine:
    match url.drivername:
        case "sqlite":
            _keep_private(Path(url.database or ""))
            engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
            event.listen(engine, "connect", _write_ahead)
            return engine
        case "postgres" | "postgresql":
            url = url.set(drivername="postgresql+psycopg")
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_TIMEOUT_S})


def _keep_private(path: Path) -> None:
    """Requests and the gateway's secret are its owner's alone, as is what SQLite puts beside the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # an unusable place is told by SQLite; somebody else's file stays as it is
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)


def _write_ahead(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # As in the queue: what is noted survives the death of every process, and a power cut may undo the last moments.
    connection.execute("PRAGMA synchronous = NORMAL")


def _say_unavailable(context: ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, OperationalError) and not context.is_pre_ping:
        database = context.engine.url.render_as_string(hide_password=True) if context.engine else "its address"
        raise RecordUnavailable(database=database, reason=context.original_exception)


def _make_tables(engine: Engine) -> None:
    """Make what is missing. Processes that start together trip over each other here, so look again."""
    for tries_left in reversed(range(SCHEMA_TRIES)):
        try:
            with engine.begin() as connection:
                job_schema.jobs.metadata.create_all(connection)
                make_counter(connection)
                known = connection.scalar(select(schema_version.c.version))
                if known is None:
                    connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
                elif known < SCHEMA_VERSION:
                    _migrate(connection)
        except (DBAPIError, RecordUnavailable):
            if not tries_left:
                raise
            sleep(SCHEMA_PAUSE_S)
        else:
            return


def _migrate(connection: Connection) -> None:
    """From any earlier version: missing tables are made anyway, columns and indexes of old ones are not."""
    there = inspect(connection)
    for table in job_schema.jobs.metadata.sorted_tables:
        known = {column["name"] for column in there.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                told = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {told}"))
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    connection.execute(update(schema_version).values(version=SCHEMA_VERSION))
