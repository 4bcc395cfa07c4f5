"""The programs that come with Tandem, run by hand against what each must give."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pydantic import TypeAdapter
from scipy import sparse
from sklearn.decomposition import PCA

from fixtures.platform import wait_until
from helpers.programs import EXAMPLES, RunByHand
from tandem.experiments.changes import CellClass
from tandem.jobs.programs.library import Library, Program


def program_of(name: str) -> Program:
    return Library(EXAMPLES).load(name)


def started(name: str, folder: Path, inputs: Path | None = None, **given: object) -> RunByHand:
    program = program_of(name)
    example = program.file.inputs.example
    return RunByHand(program, inputs or (program.folder / example if example else None), folder, given)


def ended(name: str, folder: Path, inputs: Path | None = None, **given: object) -> RunByHand:
    run = started(name, folder, inputs, **given)
    run.said = run.end().stdout
    return run


def test_sleep_count_counts_seconds(tmp_path):
    (tmp_path / "sleep_count").write_text("2\n")
    before = time.monotonic()
    run = ended("sleep_count", tmp_path / "run", tmp_path)
    assert 2 <= time.monotonic() - before < 4
    assert run.said == "0\n1\n"
    assert run.read("output.txt") == (EXAMPLES / "sleep_count/expected/output.txt").read_text() == "output"


def test_sleep_count_is_also_called_with_two_folders_and_speaks_at_once(tmp_path):
    command = [sys.executable, EXAMPLES / "sleep_count/main.py", EXAMPLES / "sleep_count/example", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "0\n"
        process.kill()
    assert (EXAMPLES / "sleep_count/example/sleep_count").read_text() == "8\n"


@pytest.mark.parametrize("text", ["eight", "", "-1", "1.5"])
def test_sleep_count_says_what_is_no_number(tmp_path, text):
    (tmp_path / "sleep_count").write_text(text)
    command = [sys.executable, EXAMPLES / "sleep_count/main.py", tmp_path, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == f"The file sleep_count must hold a whole number, and holds '{text}'.\n"


def test_a_sweep_of_model1_is_summed_up(tmp_path):
    for a in range(5):
        run = ended("model1", tmp_path / f"run-{a}", a=a)
        assert json.loads(run.read("result.json")) == {"a": a, "b": 0}
        assert run.said == f"model1 ran with a = {a}, b = 0\n"
        shutil.copytree(run.results, tmp_path / "inputs" / f"job-{a}")
    expected = (EXAMPLES / "model1_sum/expected/sum.json").read_text()
    assert json.loads(expected) == {"jobs": 5, "sum": 510}
    assert ended("model1_sum", tmp_path / "sum", tmp_path / "inputs").read("sum.json") == expected
    assert ended("model1_sum", tmp_path / "example").read("sum.json") == expected


def test_iris_predicts_the_held_out_half_the_same_each_time(tmp_path):
    first = ended("iris", tmp_path / "1")
    found = pd.read_csv(first.results / "predictions.csv")
    assert found.shape == (75, 3)
    assert_allclose(found.sum(axis=1), 1)
    assert_allclose(found, pd.read_csv(EXAMPLES / "iris/expected/predictions.csv"), atol=1e-6)
    assert json.loads(first.read("scores.json"))["test"] > 0.9
    assert ended("iris", tmp_path / "2").read("predictions.csv") == first.read("predictions.csv")
    for number, others in enumerate(
        (started("iris", tmp_path / "3", fold=1), started("iris", tmp_path / "4", EXAMPLES / "iris/other"))
    ):
        others.end()
        assert others.read("predictions.csv") != first.read("predictions.csv"), number


def test_iris_has_the_flowers_that_all_know():
    irises = pd.read_csv(EXAMPLES / "iris/iris.csv")
    assert irises.shape == (150, 5)
    assert irises["species"].value_counts().to_dict() == {"setosa": 50, "versicolor": 50, "virginica": 50}


def test_iris_has_only_so_many_folds(tmp_path):
    run = started("iris", tmp_path, fold=2)
    done = subprocess.run(run.command, env=run.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "There are 2 folds, so fold must be less, and is 2.\n")


def test_pca_finds_the_components(tmp_path):
    run = ended("pca", tmp_path)
    data = np.load(EXAMPLES / "pca/example/data_100_15.npy")
    model = PCA(15).fit(data)
    assert_allclose(np.load(run.results / "components.npy"), model.components_, atol=1e-8)
    assert_allclose(np.load(run.results / "transformed.npy"), model.transform(data), atol=1e-8)
    found = pd.read_csv(run.results / "explained_variance.csv")
    assert_allclose(found, pd.read_csv(EXAMPLES / "pca/expected/explained_variance.csv"), rtol=1e-6)
    assert (run.results / "scree.png").read_bytes().startswith(b"\x89PNG")
    assert "100 observations x 15 variables" in (run.logs / "pca.log").read_text()
    assert (tmp_path / "config.yaml").read_text() == "n_components: 15\n"


def test_pca_of_fewer_components(tmp_path):
    run = ended("pca", tmp_path, n_components=2)
    assert np.load(run.results / "transformed.npy").shape == (100, 2)


def test_long_run_says_how_far_it_is(tmp_path):
    run = started("long_run", tmp_path, minutes=0.01)
    run.environment["TANDEM_PROGRESS"] = str(tmp_path / "progress")
    assert run.end().stdout == "0/1 seconds\n"
    assert (tmp_path / "progress").read_text() == "0/1 seconds"
    assert run.read("done.txt") == "0.01 minutes\n"


def test_stubborn_starts_processes_that_outlive_what_can_be_ignored(tmp_path):
    run = started("stubborn", tmp_path, seconds=30)
    with subprocess.Popen(run.command, env=run.environment, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: (run.results / "processes.txt").exists(), 10)
        lines = dict(line.split() for line in run.read("processes.txt").splitlines())
        others = [int(pid) for pid in lines.values()]
        assert sorted(lines) == ["child", "grandchild", "orphan", "own-session"]
        for pid in (process.pid, *others):
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
        sessions = {name: os.getsid(int(pid)) for name, pid in lines.items()}
        assert process.poll() is None
        assert sessions["child"] == sessions["grandchild"] == os.getsid(process.pid)
        assert {sessions["own-session"], sessions["orphan"]} == {int(lines["own-session"]), int(lines["orphan"])}
        for pid in (process.pid, *others):
            os.kill(pid, signal.SIGKILL)


def test_chatty_says_a_million_lines(tmp_path):
    run = ended("chatty", tmp_path)
    assert run.said.count("\n") == 2 + 10**6 - 1  # read as text, where a carriage return ends a line, too
    assert run.read("lines.txt") == "1000000\n"


def test_filler_and_hungry_take_what_they_are_told(tmp_path):
    filler = ended("filler", tmp_path / "filler", megabytes=3)
    assert (filler.results / "filled.bin").stat().st_size == 3_000_000
    assert ended("hungry", tmp_path / "hungry", megabytes=3).read("eaten.txt") == "3000000\n"


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    """Four cells and three genes as the export writes them; the ids of cells are not their places."""
    folder = tmp_path / "experiment"
    folder.mkdir()
    counts = np.array([[1, 0, 2], [10, 0, 0], [0, 3, 0], [5, 5, 0]])
    made = anndata.AnnData(
        X=sparse.csr_matrix(np.log1p(counts)),
        obs=pd.DataFrame({"cells_id": [7, 3, 5, 9]}, index=list("abcd")),
        var=pd.DataFrame(index=["G1", "G2", "G3"]),
        layers={"counts": sparse.csr_matrix(counts)},
    )
    made.write_h5ad(folder / "experiment.h5ad")
    sets = [{"name": "A", "key": "A", "cellIds": [3, 9]}, {"name": "B", "key": "B", "cellIds": [7, 99]}]
    classes = [{"key": "louvain", "name": "clusters", "children": [*sets, {"name": "C", "key": "C", "cellIds": [99]}]}]
    (folder / "cell_sets.json").write_text(json.dumps({"cellSets": classes}))
    return folder


def test_cluster_means_gives_a_table_and_cell_sets(tmp_path, experiment):
    run = ended("cluster_means", tmp_path / "run", experiment, threshold=4)
    means = pd.read_csv(run.results / "means.csv", index_col="gene")
    assert list(means.columns) == ["A", "B"]
    assert_allclose(means.loc["G1"], [(np.log1p(10) + np.log1p(5)) / 2, np.log1p(1)], rtol=1e-5)
    TypeAdapter(list[CellClass]).validate_json(run.read("cell_sets.json"))
    (found,) = json.loads(run.read("cell_sets.json"))
    assert (found["key"], found["rootNode"], found["type"]) == ("total-counts", True, "cellSets")
    few, many = found["children"]
    assert (few["name"], few["cellIds"]) == ("fewer than 4", [5, 7])
    assert (many["name"], many["cellIds"]) == ("4 or more", [3, 9])
    assert all(not one["rootNode"] and one["color"].startswith("#") for one in found["children"])


def test_cluster_means_says_which_clusters_there_are(tmp_path, experiment):
    run = started("cluster_means", tmp_path / "run", experiment, clusters="leiden")
    done = subprocess.run(run.command, env=run.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("The experiment has no cell sets 'leiden'; it has: louvain.\n")
