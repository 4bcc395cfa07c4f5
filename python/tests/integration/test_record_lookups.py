"""What is looked for all the time is found without a walk over all runs there ever were."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tandem.records.base import Record, Wanted
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.states import OPEN, State

FEW, MANY = 20, 400


def steps_of(record: Record, look: Callable[[Record], object]) -> int:
    """How many steps SQLite's machine takes for a look."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    pooled = record._engine.raw_connection()  # type: ignore[attr-defined]
    connection = pooled.driver_connection
    pooled.close()  # the next look takes the same one out of the pool
    connection.set_progress_handler(count, 1)
    look(record)
    connection.set_progress_handler(None, 1)
    return steps


def record_of(folder: Path, runs: int) -> Record:
    """One with so many runs that have ended, of one experiment."""
    record = open_record(Settings(database_url_given=f"sqlite:///{folder / f'{runs}.sqlite'}"))
    for number in range(runs):
        record.queued(str(number), experiment="demo", task="GetNUmis", etag=f"etag-{number}")
        record.finished(str(number), State.EXPIRED)
    return record


@pytest.mark.parametrize(
    "look",
    [
        lambda record: record.find(Wanted(etag="etag-3", states=OPEN), limit=10),
        lambda record: record.find(Wanted(experiment="demo"), limit=10),
        lambda record: record.find(limit=10),
    ],
    ids=["an equal run under way", "the newest of an experiment", "the newest"],
)
def test_the_number_of_runs_does_not_matter(look: Callable[[Record], object], tmp_path: Path) -> None:
    few, many = record_of(tmp_path, FEW), record_of(tmp_path, MANY)
    try:
        assert 0 < steps_of(many, look) < 3 * steps_of(few, look)
    finally:
        few.close()
        many.close()
