"""What is told of an experiment is never wrong, rather unknown."""

import json
import os
from pathlib import Path

import pytest

from tandem.gateway.facts import Facts, Files

IMPORT = {
    "name": "Mine",
    "date": "2026-11-28T00:33:36Z",
    "species": "human",
    "genes": 200,
    "cells": 5,
    "clusters": 2,
    "samples": {"s1": {"kept": 5}},
}
CELL_SETS = [
    {"key": "louvain", "children": [{"key": f"louvain-{number}", "cellIds": [number]} for number in range(3)]},
    {"key": "sample", "children": [{"key": "s1", "cellIds": [0, 1, 2, 7]}, {"key": "s2", "cellIds": [3]}]},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "r.rds").touch()
    (tmp_path / "cell_sets.json").write_text(json.dumps({"cellSets": CELL_SETS}))
    (tmp_path / "import.json").write_text(json.dumps(IMPORT))
    for name, moment in (("cell_sets.json", 100), ("r.rds", 101), ("import.json", 102)):
        os.utime(tmp_path / name, (moment, moment))
    return tmp_path


def test_what_an_import_made_is_told_by_it(folder: Path):
    facts = Files().facts(folder)
    assert (facts.name, facts.cells, facts.genes, facts.samples) == ("Mine", 5, 200, 1)
    assert (facts.clusters, facts.species) == (2, "human")
    assert facts.imported_at is not None
    assert facts.imported_at.isoformat() == "2026-11-28T00:33:36+00:00"


def test_clusters_that_were_changed_are_counted_anew(folder: Path):
    os.utime(folder / "cell_sets.json", (103, 103))
    assert Files().facts(folder).clusters == 3


def test_an_object_that_was_put_there_later_is_not_described_by_the_import_before(folder: Path):
    os.utime(folder / "r.rds", (1000, 1000))
    assert Files().facts(folder) == Facts(cells=5, samples=2, clusters=3)


def test_without_an_import_cell_sets_tell(folder: Path):
    (folder / "import.json").unlink()
    assert Files().facts(folder) == Facts(cells=5, samples=2, clusters=3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "[" * 100_000,
        '{"name": 5, "cells": "many", "genes": -1, "samples": [], "date": 7, "species": {}, "clusters": true}',
        '{"name": " ", "cells": 1e99, "date": "soon"}',
    ],
)
def test_a_broken_import_file_tells_nothing(folder: Path, text: str):
    (folder / "import.json").write_text(text)
    os.utime(folder / "import.json", (102, 102))
    facts = Files().facts(folder)
    assert (facts.name, facts.genes, facts.species, facts.imported_at) == (None, None, None, None)


@pytest.mark.parametrize("text", ["", "{}", '{"cellSets": 5}', '{"cellSets": [{"key": "louvain", "children": 3}]}'])
def test_broken_cell_sets_tell_nothing(folder: Path, text: str):
    (folder / "cell_sets.json").write_text(text)
    (folder / "import.json").unlink()
    assert Files().facts(folder) == Facts()


def test_half_a_character_in_a_name_can_still_be_sent(folder: Path):
    (folder / "import.json").write_text(r'{"name": "a\ud800b"}')
    os.utime(folder / "import.json", (102, 102))
    assert (Files().facts(folder).name or "").encode()


def test_changes_are_seen_though_facts_are_kept(folder: Path):
    files = Files()
    assert files.facts(folder).cells == 5
    size = files.size(folder)
    (folder / "import.json").write_text(json.dumps(IMPORT | {"cells": 6}))
    (folder / "more").write_bytes(bytes(1000))
    assert files.facts(folder).cells == 6
    assert files.size(folder) >= size + 1000
