"""A run as people name it: by the beginning of its id, or by all of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tandem.cli.runs import find_run
from tandem.errors import UsageError
from tandem.records.sql import SqlRecord, open_record
from tandem.settings import Settings


@pytest.fixture
def record(tmp_path: Path) -> Iterator[SqlRecord]:
    record = open_record(Settings(database_url_given=f"sqlite:///{tmp_path / 'record.sqlite'}"))
    for run_id in ("aa-1", "aa-2", "bb-1"):
        record.queued(run_id, experiment="demo", task="GetNUmis", etag=run_id)
    yield record
    record.close()


def test_the_beginning_is_enough_where_it_tells_one_from_all_others(record: SqlRecord):
    assert find_run(record, "bb").run_id == "bb-1"
    for beginning, told in (("aa", "2 runs begin with aa"), ("cc", "none begins with 'cc'"), ("", "none begins")):
        with pytest.raises(UsageError, match=told) as wrong:
            find_run(record, beginning)
        assert wrong.value.exit_code == 2


def test_a_whole_id_is_found_however_old_it_is(record: SqlRecord, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tandem.cli.runs.SEARCHED", 1)
    assert find_run(record, "aa-1").run_id == "aa-1"
