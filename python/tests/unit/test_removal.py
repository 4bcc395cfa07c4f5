"""An experiment goes, and what its owner has put beside it stays."""

from pathlib import Path

import pytest

from tandem.experiments.folder import available
from tandem.gateway.removal import remove_experiment, sweep_removed


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    (folder / "store").mkdir(parents=True)
    for name in ("r.rds", "cell_sets.json", "import.json", "store/data.layer", ".cell_sets.json.lock"):
        (folder / name).touch()
    return tmp_path


def test_an_experiment_with_nothing_else_goes_with_its_folder(data: Path):
    remove_experiment(data, "mine")
    assert list(data.iterdir()) == []


def test_what_is_not_ours_stays(data: Path):
    (data / "mine" / "counts.mtx").touch()
    remove_experiment(data, "mine")
    assert [path.name for path in data.rglob("*")] == ["mine", "counts.mtx"]


def test_of_a_link_only_the_link_goes(data: Path):
    (data / "twin").symlink_to(data / "mine")
    remove_experiment(data, "twin")
    assert available(data) == ["mine"]


def test_a_removal_that_was_broken_off_is_finished(data: Path):
    (data / "mine").rename(data / ".removing-mine-1")
    sweep_removed(data)
    assert list(data.iterdir()) == []
