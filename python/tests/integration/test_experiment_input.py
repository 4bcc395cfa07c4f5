"""An experiment as a program reads it, made by R once for as long as it stays as it is."""

import json
import shutil
from pathlib import Path

import pytest
from anndata import read_h5ad

from fixtures.stack import EXPERIMENT
from tandem.errors import InputUnfit
from tandem.exchange.request import Places
from tandem.jobs.inputs import experiment as module
from tandem.jobs.inputs.blobs import Blobs
from tandem.jobs.inputs.experiment import from_experiment
from tandem.stores.folder import FolderStore


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(FolderStore(tmp_path / "store", "bucket"), tmp_path / "cache")


@pytest.fixture
def places(tmp_path: Path, small_experiment: Path, r_library: Path) -> Places:
    """A data folder with the experiment, and `broken`, which R cannot read."""
    data = tmp_path / "data"
    shutil.copytree(small_experiment, data)
    (data / "broken").mkdir()
    (data / "broken" / "r.rds").write_bytes(b"nothing")
    shutil.copy(data / EXPERIMENT / "cell_sets.json", data / "broken")
    return Places(data, r_library, tmp_path / "logs")


def test_a_program_gets_the_matrix_and_the_cell_sets(blobs, places, tmp_path, monkeypatch):
    folder = places.data / EXPERIMENT
    found = from_experiment(folder, blobs, places)
    blobs.place(found.entries, tmp_path / "inputs")
    assert sorted(path.name for path in (tmp_path / "inputs").iterdir()) == ["cell_sets.json", "experiment.h5ad"]
    cells = read_h5ad(tmp_path / "inputs" / "experiment.h5ad")
    assert "cells_id" in cells.obs
    assert "counts" in cells.layers
    sets = json.loads((tmp_path / "inputs" / "cell_sets.json").read_text())
    assert sets == json.loads((folder / "cell_sets.json").read_text())

    exported = []
    really = module._exported
    monkeypatch.setattr(module, "_exported", lambda *given: exported.append(given) or really(*given))
    assert from_experiment(folder, blobs, places) == found
    assert exported == []
    sets["cellSets"][0]["name"] = "other clusters"
    (folder / "cell_sets.json").write_text(json.dumps(sets))
    changed = from_experiment(folder, blobs, places)
    assert len(exported) == 1
    assert changed.hash != found.hash


def test_an_experiment_that_cannot_be_read_is_told(blobs, places):
    with pytest.raises(InputUnfit, match="The input experiment broken cannot be used"):
        from_experiment(places.data / "broken", blobs, places)
    with pytest.raises(InputUnfit, match=r"experiment none cannot be used: r\.rds: No such file"):
        from_experiment(places.data / "none", blobs, places)
