"""Running tasks are looked after until each has ended, whatever happens to its lease meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.stack import wait_for
from tandem.errors import LeaseLost, ShuttingDown
from tandem.queues.base import Lease
from tandem.queues.leases import Held, Leases
from tandem.records.sql import SqlRecord, open_record
from tandem.settings import Settings
from tandem.worker.watch import Watch

LOOK_S = 0.02
WAIT_S = 20.0


class QuietR:
    """Runs nothing yet, and remembers whom it was asked to end."""

    def __init__(self) -> None:
        self.killed: list[str] = []

    def progress(self, _: str) -> None:
        """There is none."""

    def kill(self, request_id: str) -> None:
        self.killed.append(request_id)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[SqlRecord]:
    made = open_record(Settings.model_validate({"DATABASE_URL": f"sqlite:///{tmp_path / 'record.sqlite'}"}))
    made.queued("m1", experiment="small", task="GetNUmis", etag="ab")
    made.started("m1", attempt=1)
    yield made
    made.close()


@pytest.fixture
def leases() -> Iterator[Leases]:
    made = Leases(30.0)
    yield made
    made.close()


@pytest.fixture
def r() -> QuietR:
    return QuietR()


@pytest.fixture
def watch(record: SqlRecord, r: QuietR) -> Iterator[Watch]:
    made = Watch(record, r, SimpleNamespace(look=lambda: None), LOOK_S)
    yield made
    made.close()


def delivery(leases: Leases, number: int) -> Held:
    return leases.hold(Lease("m1", f"r{number}", "{}", number), SimpleNamespace(name="work"))


def test_a_message_that_came_again_is_still_watched_when_its_first_work_has_ended(
    watch: Watch, record: SqlRecord, leases: Leases
):
    lost, again = delivery(leases, 1), delivery(leases, 2)
    first, second = watch.over(lost, "small"), watch.over(again, "small")
    first.__enter__()
    second.__enter__()
    lost.interrupt(LeaseLost(message_id="m1"))
    first.__exit__(None, None, None)

    record.request_kill("m1")

    assert again.interrupted.wait(WAIT_S)
    second.__exit__(None, None, None)


def test_work_that_came_to_r_after_its_interruption_is_ended_too(watch: Watch, r: QuietR, leases: Leases):
    held = delivery(leases, 1)
    held.interrupt(ShuttingDown())
    with watch.over(held, "small"):
        wait_for(lambda: r.killed, WAIT_S, lambda: "R was not asked to end it.")
    assert set(r.killed) == {"m1.1"}
