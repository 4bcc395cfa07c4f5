"""Imports whose record is away for a while, and uploads that come while a gateway begins."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fixtures.stack import wait_for
from tandem.errors import RecordUnavailable
from tandem.exchange.request import ImportRequest
from tandem.gateway.imports import Imports
from tandem.local.layout import Layout
from tandem.records.base import Progress, Run
from tandem.records.database import open_database
from tandem.records.sql import SqlRecord
from tandem.settings import Settings
from tandem.states import State

AWAY = RecordUnavailable(database="the record", reason="it is away")
STEP = {"step": {"label": "reads", "number": 1, "of": 2, "done": 0, "parts": 0, "is_done": False}}
#: An import that says where it is, and takes a while.
SCRIPT = f"import time; print({json.dumps(json.dumps(STEP))}, flush=True); time.sleep(1)"


class Shaky(SqlRecord):
    """A record that is away when an import gets on, is looked at, and ends for the first time."""

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.away = {"progressed", "kills_requested", "finished"}

    def progressed(self, run_id: str, progress: Progress) -> None:
        self._answer("progressed")
        super().progressed(run_id, progress)

    def kills_requested(self, run_ids: Any) -> set[str]:
        self._answer("kills_requested")
        return super().kills_requested(run_ids)

    def finished(self, run_id: str, state: State, **more: Any) -> Run:
        self._answer("finished")
        return super().finished(run_id, state, **more)

    def _answer(self, name: str) -> None:
        if name in self.away:
            self.away.discard(name)
            raise AWAY


class Scripted(Imports):
    """Imports that do nothing but say so."""

    async def _start(self, job: Path) -> Process:  # noqa: ARG002
        return await asyncio.create_subprocess_exec(sys.executable, "-c", SCRIPT, stdout=PIPE, start_new_session=True)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Shaky]:
    made = Shaky(open_database(Settings(database_url_given=f"sqlite:///{tmp_path}/record.sqlite").database_url))
    yield made
    made.close()


@pytest.fixture
def imports(tmp_path: Path, record: Shaky) -> Imports:
    (tmp_path / "data").mkdir()
    return Scripted(Layout(tmp_path, tmp_path / "data", tmp_path), record, lambda _: None)


def until(imports: Imports, done: Any) -> None:
    """Let imports be carried out until it is so."""

    async def run() -> None:
        work = asyncio.create_task(imports.run())
        try:
            await asyncio.to_thread(wait_for, done, 20, lambda: "it is never so")
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    asyncio.run(run())


def accept(imports: Imports, run_id: str) -> None:
    imports.accept(run_id, ImportRequest(id="mine", name="Mine", paths=(imports.uploads / "a.h5ad",)), {})


def test_an_import_outlasts_a_record_that_is_away(imports: Imports, record: Shaky):
    accept(imports, "run")

    until(imports, lambda: record.get("run").state.terminal)

    assert record.get("run").state is State.COMPLETE
    assert not record.away


def test_what_is_on_its_way_stays_when_another_gateway_leaves_its_part(imports: Imports, record: Shaky):
    left, arriving = imports.uploads / "left", imports.uploads / "arriving"
    for folder in (left, arriving):
        folder.mkdir(parents=True)
    imports.arriving.add("arriving")

    until(imports, lambda: not left.exists())

    assert arriving.is_dir()
