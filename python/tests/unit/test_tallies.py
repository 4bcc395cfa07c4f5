"""Sums over the record."""

from pathlib import Path

from tandem.records.database import open_database
from tandem.records.sql import SqlRecord
from tandem.records.tallies import Tallies
from tandem.states import State


def test_what_is_under_way_waits_or_runs(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path / 'record.sqlite'}")
    record, tallies = SqlRecord(database), Tallies(database)
    assert tallies.under_way() == set()
    for run_id, experiment in (("1", "waits"), ("2", "waits"), ("3", "runs"), ("4", "done")):
        record.queued(run_id, experiment=experiment, task="GetNUmis", etag=run_id)
    record.started("3", attempt=1)
    record.started("4", attempt=1)
    record.finished("4", State.COMPLETE)
    assert tallies.under_way() == {"waits", "runs"}
    record.close()
