"""What every record promises, held against SQLite and PostgreSQL."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, select

from tandem.errors import IllegalMove, InvalidSetting, RecordUnavailable, RunUnknown
from tandem.records import database
from tandem.records.base import Progress, Wanted
from tandem.records.schema import SCHEMA_VERSION, Moment, attempts, schema_version
from tandem.records.sql import SqlRecord, open_record
from tandem.settings import Settings
from tandem.states import State

RIVAL = Path(__file__).with_name("record_rival.py")
RUNS_FOUGHT_OVER = 60


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/not/yet/there/record.sqlite"


@pytest.fixture
def record(url: str) -> Iterator[SqlRecord]:
    record = open_record(Settings(database_url_given=url))
    yield record
    record.close()


def queue(record: SqlRecord, run_id: str = "run", **given: object) -> None:
    facts = {"experiment": "demo", "task": "GetNUmis", "etag": "ff", **given}
    record.queued(run_id, **facts)


def test_a_request_is_noted_with_all_that_is_known(record: SqlRecord) -> None:
    before = datetime.now(UTC)
    run = record.queued("run", experiment="demo", task="GetNUmis", etag="ff", tags={"who": "äöü"})

    assert record.get("run") == run
    assert (run.experiment, run.task, run.etag, run.tags) == ("demo", "GetNUmis", "ff", {"who": "äöü"})
    assert (run.state, run.attempt, run.kill_requested) == (State.QUEUED, 1, False)
    assert before <= run.queued_at <= datetime.now(UTC)
    assert (run.started_at, run.finished_at, run.error_code, run.reason, run.parent) == (None,) * 5


def test_the_same_request_again_changes_nothing(record: SqlRecord) -> None:
    queue(record)
    known = record.started("run", attempt=1)

    assert record.queued("run", experiment="other", task="Other", etag="00") == known


def test_times_come_back_in_utc(record: SqlRecord) -> None:
    queue(record)
    record.started("run", attempt=1)
    run = record.finished("run", State.COMPLETE)

    for moment in (run.queued_at, run.started_at, run.finished_at):
        assert moment is not None
        assert moment.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    assert record.get("run") == run


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), None)


def test_an_unknown_run_is_refused_by_name(record: SqlRecord) -> None:
    for call in (
        lambda: record.get("ghost"),
        lambda: record.started("ghost", attempt=1),
        lambda: record.requeued("ghost", reason="no"),
        lambda: record.finished("ghost", State.FAILED),
        lambda: record.request_kill("ghost"),
    ):
        with pytest.raises(RunUnknown, match="ghost"):
            call()


def test_a_retry_is_queued_with_the_next_attempt(record: SqlRecord) -> None:
    queue(record)
    record.started("run", attempt=1)
    run = record.requeued("run", reason="R went away")

    assert (run.state, run.attempt) == (State.QUEUED, 2)
    assert record.started("run", attempt=2).state is State.RUNNING


def test_a_retry_that_does_not_count_keeps_its_attempt(record: SqlRecord) -> None:
    queue(record)
    record.started("run", attempt=1)
    run = record.requeued("run", reason="shutting down", counts=False)

    assert (run.state, run.attempt) == (State.QUEUED, 1)
    assert record.started("run", attempt=1).state is State.RUNNING


def test_a_run_left_behind_is_taken_over_by_a_later_attempt_only(record: SqlRecord) -> None:
    queue(record)
    record.started("run", attempt=2)

    for not_later in (1, 2):
        with pytest.raises(IllegalMove, match="RUNNING and cannot become RUNNING"):
            record.started("run", attempt=not_later)
    assert record.started("run", attempt=3).attempt == 3


def test_each_attempt_keeps_its_times_and_why_it_ended(url: str, record: SqlRecord) -> None:
    queue(record)
    record.started("run", attempt=1)
    record.requeued("run", reason="R went away")
    record.started("run", attempt=2)
    record.started("run", attempt=3)
    record.finished("run", State.FAILED, reason="the gene is not there")

    with record._engine.connect() as connection:
        rows = connection.execute(select(attempts).order_by(attempts.c.id)).all()
    assert [(row.attempt, row.reason) for row in rows] == [
        (1, "R went away"),
        (2, "The worker that ran this attempt did not finish it."),
        (3, "the gene is not there"),
    ]
    assert all(row.started_at <= row.ended_at and row.host for row in rows)


@pytest.mark.parametrize("state", [s for s in State if s.terminal])
def test_a_terminal_state_never_changes(record: SqlRecord, state: State) -> None:
    queue(record)
    record.started("run", attempt=1)
    ended = record.finished("run", state, error_code="CODE", reason="because")
    assert (ended.state, ended.error_code, ended.reason) == (state, "CODE", "because")

    assert record.finished("run", state, reason="once more") == ended
    for other in (s for s in State if s.terminal and s is not state):
        with pytest.raises(IllegalMove, match=f"is {state} and cannot become {other}"):
            record.finished("run", other)
    with pytest.raises(IllegalMove):
        record.started("run", attempt=2)
    with pytest.raises(IllegalMove):
        record.requeued("run", reason="no")
    assert record.request_kill("run") == ended
    assert record.get("run") == ended


def test_what_never_ran_cannot_be_complete_but_can_end(record: SqlRecord) -> None:
    queue(record)
    with pytest.raises(IllegalMove, match="QUEUED and cannot become COMPLETE"):
        record.finished("run", State.COMPLETE)
    assert record.finished("run", State.EXPIRED, reason="too late").state is State.EXPIRED


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_finishing_in_an_open_state_is_a_mistake_of_the_caller(record: SqlRecord, state: State) -> None:
    queue(record)
    with pytest.raises(ValueError, match=f"cannot finish as {state}"):
        record.finished("run", state)


def test_a_kill_is_asked_for_and_seen_by_who_looks(record: SqlRecord) -> None:
    for run_id in ("a", "b", "c"):
        queue(record, run_id)
    record.started("b", attempt=1)

    assert record.kills_requested(["a", "b", "c"]) == set()
    assert record.request_kill("b").kill_requested
    assert record.request_kill("b").state is State.RUNNING
    assert record.kills_requested(["a", "b"]) == {"b"}
    assert record.kills_requested(["a"]) == set()
    assert record.kills_requested([]) == set()


def test_a_run_that_waits_is_killed_at_once_and_never_begins(record: SqlRecord) -> None:
    queue(record, "new")
    queue(record, "back")
    record.started("back", attempt=1)
    record.requeued("back", reason="R went away")

    for run_id in ("new", "back"):
        run = record.request_kill(run_id)
        assert (run.state, run.error_code, run.reason) == (State.KILLED, "TASK_CANCELLED", "The task was cancelled.")
        assert run.finished_at is not None
        assert record.request_kill(run_id) == run
        with pytest.raises(IllegalMove, match="is KILLED and cannot become RUNNING"):
            record.started(run_id, attempt=3)
        assert record.finished(run_id, State.KILLED) == run, "a worker that meets it later changes nothing"


def test_what_was_asked_for_is_kept_whoever_noted_the_run_first(record: SqlRecord) -> None:
    asked = {"body": {"name": "GetNUmis"}, "requestProps": {"cacheUniquenessKey": None}, "who": "äöü 🧬"}
    queue(record, "mine", request=asked)
    queue(record, "met")
    assert record.request("met") is None
    queue(record, "met", request=asked)
    queue(record, "met", request={"another": 1})

    assert record.request("mine") == record.request("met") == asked
    assert record.request("ghost") is None


def test_tries_are_told_first_to_last(record: SqlRecord) -> None:
    queue(record)
    assert record.attempts("run") == []
    record.started("run", attempt=1)
    record.requeued("run", reason="R went away")
    record.started("run", attempt=2)

    first, second = record.attempts("run")
    assert (first.attempt, first.reason, second.attempt, second.reason) == (1, "R went away", 2, None)
    assert first.ended_at is not None
    assert first.started_at <= first.ended_at <= second.started_at
    assert second.ended_at is None
    assert first.host


def test_progress_is_that_which_was_told_last(record: SqlRecord) -> None:
    for run_id in ("a", "b", "silent"):
        queue(record, run_id)
    record.progressed("a", Progress("Reading", 0, 2))
    record.progressed("a", Progress("Comparing cell sets", 1, 2))
    record.progressed("b", Progress("Thinking"))

    assert record.progress(["a", "b", "silent", "ghost"]) == {
        "a": Progress("Comparing cell sets", 1, 2),
        "b": Progress("Thinking", None, None),
    }
    assert record.progress(["b"]) == {"b": Progress("Thinking")}
    assert record.progress([]) == {}


def test_runs_are_counted_and_paged_as_they_are_found(record: SqlRecord) -> None:
    for number in range(5):
        queue(record, f"run-{number}", task="GetNUmis" if number % 2 else "ListGenes")
    since = record.get("run-2").queued_at

    assert (record.count(), record.count(Wanted(task="ListGenes")), record.count(Wanted(task="None"))) == (5, 3, 0)
    assert [run.run_id for run in record.find(Wanted(task="ListGenes"), limit=2, offset=1)] == ["run-2", "run-0"]
    assert [run.run_id for run in record.find(Wanted(queued_since=since))] == ["run-4", "run-3", "run-2"]
    assert record.count(Wanted(queued_since=since, states=[State.QUEUED])) == 3
    assert record.find(offset=5) == []


def test_runs_are_found_newest_first(record: SqlRecord) -> None:
    for number in range(5):
        queue(record, f"run-{number}", experiment="odd" if number % 2 else "even", etag=f"{number:02x}")
    record.started("run-3", attempt=1)

    assert [run.run_id for run in record.find()] == ["run-4", "run-3", "run-2", "run-1", "run-0"]
    assert [run.run_id for run in record.find(limit=2)] == ["run-4", "run-3"]
    assert [run.run_id for run in record.find(Wanted(experiment="odd"))] == ["run-3", "run-1"]
    assert [run.run_id for run in record.find(Wanted(etag="02"))] == ["run-2"]
    assert [run.run_id for run in record.find(Wanted(states=[State.RUNNING]))] == ["run-3"]
    assert [run.run_id for run in record.find(Wanted(experiment="odd", states=[State.QUEUED, State.RUNNING]))] == [
        "run-3",
        "run-1",
    ]
    assert record.find(Wanted(experiment="none")) == []


def test_a_record_opened_again_knows_what_it_knew(url: str, record: SqlRecord) -> None:
    queue(record)
    known = record.started("run", attempt=1)
    record.close()

    again = open_record(Settings(database_url_given=url))
    assert again.get("run") == known
    again.close()


def test_the_tables_say_their_version(record: SqlRecord) -> None:
    with record._engine.connect() as connection:
        assert connection.scalars(select(schema_version.c.version)).all() == [SCHEMA_VERSION]
        assert {"runs", "attempts", "schema_version"} <= set(inspect(connection).get_table_names())


def test_of_rival_processes_one_wins_each_move(url: str) -> None:
    """The rivals also make the tables of the fresh database at the same time."""
    wishes = (State.COMPLETE, State.KILLED, State.FAILED)
    rivals = [start_rival("fight", url, str(RUNS_FOUGHT_OVER), wish) for wish in wishes]
    for rival in rivals:
        say_go(rival)
    answers = [rest_of(rival) for rival in rivals]

    for move in ("queued", "started", "finished"):
        won = [line for answer in answers for line in answer if line.startswith(move)]
        expected = len(rivals) if move == "queued" else 1
        assert len(won) == RUNS_FOUGHT_OVER * expected, move
    record = open_record(Settings(database_url_given=url))
    for wish, answer in zip(wishes, answers, strict=True):
        for line in (line for line in answer if line.startswith("finished")):
            assert record.get(line.split()[1]).state is wish
    record.close()


def test_what_was_noted_survives_sigkill(url: str) -> None:
    rival = start_rival("note", url)
    say_go(rival)
    assert rival.stdout is not None
    noted = [rival.stdout.readline().split()[1] for _ in range(50)]
    rival.kill()
    output, _ = rival.communicate()
    noted += [line.split()[1] for line in output.splitlines(keepends=True) if line.endswith("\n")]

    record = open_record(Settings(database_url_given=url))
    assert {record.get(run_id).state for run_id in noted} == {State.RUNNING}
    record.close()


@pytest.mark.parametrize("url", ["me:secret@host", "mysteries://me:secret@host/db", "mysql://me:secret@host/db"])
def test_a_database_url_that_is_none_is_named_without_its_password(url: str) -> None:
    with pytest.raises(InvalidSetting, match=r"DATABASE_URL cannot be 'host.*It must be") as refused:
        open_record(Settings(database_url_given=url))
    assert "secret" not in str(refused.value)


def test_a_database_that_is_away_is_worth_another_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_PAUSE_S", 0.0)
    with pytest.raises(RecordUnavailable, match="tandem:") as away:
        open_record(Settings(database_url_given=f"postgresql://tandem:secret@/runs?host={tmp_path}"))
    assert "secret" not in str(away.value)


def test_connections_that_the_database_cut_are_made_again(postgres_url: str) -> None:
    record = open_record(Settings(database_url_given=postgres_url))
    queue(record)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert record.started("run", attempt=1).state is State.RUNNING
    record.close()


def test_a_record_that_another_process_holds_too_long_is_unavailable_and_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    record = open_record(Settings(database_url_given=f"sqlite:///{tmp_path}/record.sqlite"))
    queue(record)
    with closing(sqlite3.connect(tmp_path / "record.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordUnavailable, match="locked"):
            record.started("run", attempt=1)
        other.execute("ROLLBACK")
    assert record.get("run").state is State.QUEUED
    assert record.started("run", attempt=1).state is State.RUNNING
    record.close()


def test_sqlite_writes_ahead(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/record.sqlite"
    open_record(Settings(database_url_given=url)).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def start_rival(*arguments: str) -> subprocess.Popen[str]:
    """A process that is about to open the record."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    rival = subprocess.Popen([sys.executable, RIVAL, *arguments], stdin=pipe, stdout=pipe, text=True, env=environment)
    assert rival.stdout is not None
    assert rival.stdout.readline() == "ready\n"
    return rival


def say_go(rival: subprocess.Popen[str]) -> None:
    assert rival.stdin is not None
    rival.stdin.write("go\n")
    rival.stdin.flush()


def rest_of(rival: subprocess.Popen[str]) -> list[str]:
    output, _ = rival.communicate(timeout=60)
    assert rival.returncode == 0
    return output.splitlines()
