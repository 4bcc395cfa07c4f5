"""An experiment is a folder with two files; whoever names another is told what there is."""

from pathlib import Path

import pytest

from tandem.errors import ExperimentMissing
from tandem.experiments.folder import FILES
from tandem.local import experiments
from tandem.local.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    for name in ("mine", "other"):
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        for file in FILES:
            (folder / file).touch()
    return Layout(home=tmp_path, data=tmp_path / "data", scratch=tmp_path)


def test_a_whole_experiment_is_accepted(layout):
    experiments.check(layout, ["mine", "other"])


def test_a_missing_folder_is_answered_with_what_is_there(layout):
    with pytest.raises(ExperimentMissing, match=r"'absent'.*no such folder.*there is: mine, other") as failure:
        experiments.check(layout, ["mine", "absent"])
    assert failure.value.exit_code == 2


def test_a_missing_file_is_named(layout):
    (layout.data / "mine" / "cell_sets.json").unlink()
    with pytest.raises(
        ExperimentMissing, match=r"cell_sets\.json is not in its folder.*write_cell_sets\(\".*/mine\"\)"
    ):
        experiments.check(layout, ["mine"])
    (layout.data / "mine" / "r.rds").unlink()
    with pytest.raises(ExperimentMissing, match=r"r\.rds and cell_sets\.json are not in its folder"):
        experiments.check(layout, ["mine"])


@pytest.mark.parametrize("name", ["", "..", ".", "../mine", "a/b", "a b", "a" * 101, "-e", "a;b", "ä"])
def test_names_that_could_lead_elsewhere_are_refused(layout, name):
    with pytest.raises(ExperimentMissing, match="a name has letters"):
        experiments.check(layout, [name])


def test_no_experiment_at_all_is_refused(layout):
    with pytest.raises(ExperimentMissing):
        experiments.check(layout, [])


def test_an_empty_data_folder_is_said_to_be_empty(tmp_path):
    layout = Layout(home=tmp_path, data=tmp_path / "nowhere", scratch=tmp_path)
    with pytest.raises(ExperimentMissing, match="no experiment yet"):
        experiments.check(layout, ["mine"])


def test_a_demo_that_can_be_built_is_accepted(layout):
    (layout.data / "demo").mkdir()
    (layout.data / "demo" / experiments.DEMO_COUNTS).touch()
    experiments.check(layout, ["demo"])
    assert experiments.can_build(layout, "demo")


def test_a_list_names_each_experiment_once():
    assert experiments.parse(" a, b ,a,,") == ["a", "b"]
