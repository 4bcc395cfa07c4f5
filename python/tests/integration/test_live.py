"""Who listens is told of each change of a run, and of cell sets that a task has changed."""

import asyncio
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest

from tandem.gateway import live as live_module
from tandem.gateway.api.events import _lines
from tandem.gateway.job_news import JobNews
from tandem.gateway.live import LONGEST_PAUSE_S, LOOK_S, Event, Live, pause_after
from tandem.records.base import Progress
from tandem.records.bundle import Records
from tandem.records.sql import SqlRecord, open_record
from tandem.settings import Settings
from tandem.states import State


@pytest.fixture
def record(tmp_path):
    made = open_record(Settings(database_url_given=f"sqlite:///{tmp_path}/record.sqlite"))
    yield made
    made.close()


def queue(record: SqlRecord, run_id: str, task: str = "GetNUmis", experiment: str = "demo") -> None:
    record.queued(run_id, experiment=experiment, task=task, etag="ff")


def hear(record: SqlRecord, script) -> list[Event]:
    """What is told while the script runs; it is given the live and a way to wait for as many events."""

    async def run() -> list[Event]:
        jobs = JobNews(Records.of(record._engine))
        live = Live(record, lambda run, progress: (run.run_id, run.state, progress and progress.message), jobs)
        heard: list[Event] = []
        watching = asyncio.create_task(live.run())
        async with live.listening() as happening:

            async def more(count: int) -> list[Event]:
                new = [await asyncio.wait_for(happening.get(), 5) for _ in range(count)]
                heard.extend(new)
                return new

            await script(live, more)
            while not happening.empty():
                heard.append(happening.get_nowait())
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        return heard

    return asyncio.run(run())


def test_a_run_is_told_at_each_step(record):
    async def script(live, more):
        queue(record, "r")
        await more(1)
        record.started("r", attempt=1)
        await more(1)
        record.progressed("r", Progress("half"))
        await more(1)
        record.finished("r", State.COMPLETE)
        await more(1)

    heard = hear(record, script)

    assert [event.told for event in heard] == [
        ("r", State.QUEUED, None),
        ("r", State.RUNNING, None),
        ("r", State.RUNNING, "half"),
        ("r", State.COMPLETE, None),
    ]
    assert {(event.kind, event.experiment) for event in heard} == {("task", "demo")}


def test_the_end_of_a_long_task_is_told_to_who_comes_just_before_it(record):
    queue(record, "long")
    record.started("long", attempt=1)
    with record._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET queued_at = '2020-01-01 00:00:00'")

    async def script(live, more):
        record.finished("long", State.COMPLETE)
        await more(1)

    assert hear(record, script)[-1].told == ("long", State.COMPLETE, None)


def test_the_first_line_of_the_stream_comes_when_events_are_heard():
    entered = []

    class SlowToBegin:
        @asynccontextmanager
        async def listening(self):
            await asyncio.sleep(0.05)
            entered.append(True)
            yield asyncio.Queue()

    async def first_line() -> str:
        lines = _lines(SimpleNamespace(live=SlowToBegin()), None, None)
        try:
            return await anext(lines)
        finally:
            await lines.aclose()

    assert asyncio.run(first_line()).startswith("retry: ")
    assert entered


def test_a_task_that_has_changed_cell_sets_says_so_once_it_is_complete(record):
    async def script(live, more):
        for run_id, task in (("kept", "GetNUmis"), ("failed", "ClusterCells"), ("done", "ClusterCells")):
            queue(record, run_id, task, experiment=run_id)
            record.started(run_id, attempt=1)
        await more(3)
        record.finished("kept", State.COMPLETE)
        record.finished("failed", State.FAILED)
        record.finished("done", State.COMPLETE)
        await more(4)
        await asyncio.sleep(0.6)

    changed = [event for event in hear(record, script) if event.kind == "cellSets"]

    assert changed == [Event("cellSets", "done", {"experiment": "done"})]


def test_looks_that_take_long_are_made_less_often():
    assert pause_after(0.001) == LOOK_S
    assert pause_after(0.03) == pytest.approx(1.0)
    assert pause_after(60.0) == LONGEST_PAUSE_S


def test_a_run_that_was_removed_does_not_stop_the_news(record):
    async def script(live, more):
        queue(record, "gone")
        await more(1)
        live._looked_at = live._looked_at.replace(year=2100)
        with record._engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM runs")
        await asyncio.sleep(0.6)
        queue(record, "next")
        live._looked_at = record.get("next").queued_at
        live.look()
        await more(1)

    assert [event.told[0] for event in hear(record, script)] == ["gone", "next"]


def test_the_end_of_what_runs_is_told_however_much_waits_behind_it(record, monkeypatch):
    monkeypatch.setattr(live_module, "BACKLOG", 3)
    queue(record, "long")
    record.started("long", attempt=1)
    for number in range(5):
        queue(record, f"waits {number}")
    with record._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET queued_at = '2020-01-01 00:00:00' WHERE run_id = 'long'")
        connection.exec_driver_sql("UPDATE runs SET queued_at = '2020-01-02 00:00:00' WHERE run_id != 'long'")

    async def script(live, more):
        record.finished("long", State.COMPLETE)
        while (await more(1))[0].told != ("long", State.COMPLETE, None):
            pass

    assert hear(record, script)


def test_whoever_comes_is_told_first_of_what_is_under_way(record):
    queue(record, "r")
    record.started("r", attempt=1)

    async def script(live, more):
        await more(1)
        async with live.listening() as second:
            assert (await asyncio.wait_for(second.get(), 5)).told == ("r", State.RUNNING, None)
            record.finished("r", State.COMPLETE)
            await more(1)
            assert (await asyncio.wait_for(second.get(), 5)).told == ("r", State.COMPLETE, None)

    assert [event.told[1] for event in hear(record, script)] == [State.RUNNING, State.COMPLETE]
