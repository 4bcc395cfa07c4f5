"""Which experiments there are: in the data folder, being imported, or known from what was asked of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tandem.errors import ExperimentMissing
from tandem.gateway.imports import IMPORT
from tandem.gateway.shelf import Shelf
from tandem.records.sql import SqlRecord, open_record
from tandem.settings import Settings
from tandem.states import State


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_given=tmp_path / "data",
        database_url_given=f"sqlite:///{tmp_path / 'record.sqlite'}",
        store_url=f"file://{tmp_path / 'store'}",
    )


@pytest.fixture
def record(settings: Settings) -> Iterator[SqlRecord]:
    record = open_record(settings)
    yield record
    record.close()


def add(settings: Settings, experiment: str, name: str | None = None) -> None:
    folder = settings.data / experiment
    folder.mkdir(parents=True)
    (folder / "r.rds").touch()
    (folder / "cell_sets.json").write_text('{"cellSets": []}')
    if name is not None:
        (folder / "import.json").write_text(json.dumps({"name": name, "cells": 5, "genes": 7}))


def test_experiments_are_found_by_a_part_of_their_name_or_id(settings: Settings, record: SqlRecord):
    add(settings, "b2", "Lung of Ötzi")
    add(settings, "a1", "Liver")
    shelf = Shelf(settings, record)
    assert shelf.ids() == ["a1", "b2"]
    assert shelf.ids(" öTZI ") == ["b2"]
    assert shelf.ids("A1") == ["a1"]
    assert shelf.ids("heart") == []


def test_an_import_is_listed_before_there_is_an_experiment(settings: Settings, record: SqlRecord):
    record.queued("run", experiment="new", task=IMPORT, etag="", tags={"name": "New cells"})
    shelf = Shelf(settings, record)
    assert shelf.ids("cells") == ["new"]
    card = shelf.card("new")
    assert (card.name, card.standing.state, card.task_id, card.facts.cells) == ("New cells", "importing", "run", None)
    record.finished("run", State.FAILED)
    assert shelf.ids() == []
    with pytest.raises(ExperimentMissing):
        shelf.card("new")


def test_a_list_goes_on_without_what_was_removed_meanwhile(settings: Settings, record: SqlRecord):
    add(settings, "a1")
    assert [card.id for card in Shelf(settings, record).cards(["a1", "gone"])] == ["a1"]


def test_an_experiment_is_last_used_when_something_was_last_asked_of_it(settings: Settings, record: SqlRecord):
    add(settings, "a1")
    add(settings, "b2")
    record.queued("one", experiment="a1", task="GetNUmis", etag="x")
    last = record.queued("two", experiment="a1", task="GetNUmis", etag="x").queued_at
    first, second = Shelf(settings, record).cards(["a1", "b2"])
    assert (first.last_used, second.last_used) == (last, None)


def test_where_data_lie_in_buckets_the_record_tells_which_experiments_there_are(settings: Settings, record: SqlRecord):
    record.queued("one", experiment="remote", task="GetNUmis", etag="x")
    record.queued("two", experiment="../odd", task="GetNUmis", etag="x")
    assert Shelf(settings, record).ids() == []
    shelf = Shelf(settings.model_copy(update={"store_url": None}), record)
    assert shelf.ids() == ["remote"]
    card = shelf.card("remote")
    assert (card.name, card.standing.state, card.size_bytes) == ("remote", "asleep", 0)
    with pytest.raises(ExperimentMissing):
        shelf.card("absent")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "x" * 200, "a\0b", "ä", "\ud800"])
def test_what_cannot_be_a_name_is_no_experiment(settings: Settings, record: SqlRecord, name: str):
    with pytest.raises(ExperimentMissing):
        Shelf(settings, record).card(name)
