"""Records that were made by earlier versions."""

from sqlalchemy import create_engine, inspect, select, text

from helpers.job_records import add, end, ids, side_by_side
from tandem.records.bundle import open_records
from tandem.records.schema import SCHEMA_VERSION, schema_version
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.states import State


def test_a_record_of_an_earlier_version_is_brought_up_to_date(record_url: str) -> None:
    make_old(record_url)

    records = open_records(Settings(database_url_given=record_url))
    old = records.runs.get("old")
    assert (old.state, old.kind, old.tags) == (State.COMPLETE, "task", {"who": "me"})
    add(records, "new", group="g")
    end(records, "new")
    assert records.jobs.last_ended() == 1
    assert [run.run_id for run in records.runs.find()] == ["old"]
    with records.jobs._engine.connect() as connection:
        assert connection.scalars(select(schema_version.c.version)).all() == [SCHEMA_VERSION]
        indexes = {index["name"] for index in inspect(connection).get_indexes("runs")}
        assert {"runs_by_end", "runs_by_kind", "runs_by_parent", "runs_by_etag_and_time"} <= indexes
    records.runs.close()
    again = open_records(Settings(database_url_given=record_url))
    assert ids(again) == ["new"]
    again.runs.close()


def test_processes_that_meet_an_old_record_together_all_get_on(record_url: str) -> None:
    make_old(record_url)

    def meet(_: int) -> None:
        open_record(Settings(database_url_given=record_url)).close()

    side_by_side(meet, 4)


def make_old(url: str) -> None:
    """The tables as they were before there were jobs, with a run in them."""
    moment = "TIMESTAMP WITH TIME ZONE" if url.startswith("postgres") else "DATETIME"
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for sentence in (
            "CREATE TABLE schema_version (version INTEGER PRIMARY KEY)",
            "INSERT INTO schema_version VALUES (2)",
            "CREATE TABLE runs (run_id VARCHAR PRIMARY KEY, experiment VARCHAR NOT NULL, task VARCHAR NOT NULL,"
            f" etag VARCHAR NOT NULL, state VARCHAR NOT NULL, attempt INTEGER NOT NULL, queued_at {moment} NOT NULL,"
            f" started_at {moment}, finished_at {moment}, error_code VARCHAR, reason VARCHAR,"
            " kill_requested BOOLEAN NOT NULL, parent VARCHAR, tags JSON NOT NULL)",
            "INSERT INTO runs VALUES ('old', 'demo', 'GetNUmis', 'ff', 'COMPLETE', 1, '2026-01-01 00:00:00.000000',"
            ' NULL, NULL, NULL, NULL, FALSE, NULL, \'{"who": "me"}\')',
        ):
            connection.execute(text(sentence.replace("\\:", ":").replace(": ", "\\: ")))
    engine.dispose()
