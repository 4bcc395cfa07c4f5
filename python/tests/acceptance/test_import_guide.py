"""What docs/import.md and docs/export.md tell people to type works, with the data that they name."""

import json
import re
import shlex
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from fixtures.platform import ROOT, Home
from helpers.data_sets import anndata_of, demo_counts, write_folder, write_h5, write_loom, write_table

COMMANDS = {
    page: [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    for page in ("import.md", "export.md")
}
IMPORTS = [line for line in COMMANDS["import.md"] if line.startswith("./tandem import ")]
EXPORTS = [line for line in COMMANDS["export.md"] if line.startswith("./tandem export ")]
#: Makes an object of Seurat and one of Bioconductor of the counts in a 10x folder.
OBJECTS_OF_R = """
    counts <- Seurat::Read10X("filtered_feature_bc_matrix")
    object <- SeuratObject::CreateSeuratObject(counts)
    object$batch <- ifelse(seq_len(ncol(object)) %% 2 == 0, "one", "two")
    saveRDS(object, "seurat.rds")
    saveRDS(SingleCellExperiment::SingleCellExperiment(list(counts = counts)), "sce.rds")
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, r_library: Path) -> Home:
    """A home in which everything lies that the pages name."""
    home = Home(tmp_path_factory.mktemp("guide"), r_library)
    folder, counts = home.layout.home, demo_counts()
    write_folder(folder / "filtered_feature_bc_matrix", counts)
    for sample in ("control1", "treated1"):
        write_folder(folder / "samples" / sample, counts)
    [table] = re.findall(r"^```csv\n(.*?)^```", (ROOT / "docs/import.md").read_text(), re.MULTILINE | re.DOTALL)
    (folder / "samples.csv").write_text(table)
    with tarfile.open(folder / "samples.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(folder / "samples", "samples")
    write_h5(folder / "filtered_feature_bc_matrix.h5", counts)
    anndata_of(counts).write_h5ad(folder / "cells.h5ad")
    write_loom(folder / "cells.loom", counts)
    write_table(folder / "counts.csv.gz", counts)
    subprocess.run(["Rscript", "-e", OBJECTS_OF_R], cwd=folder, check=True, capture_output=True, timeout=100)
    return home


def read(path: Path) -> dict:
    return json.loads(path.read_text())


def test_every_command_is_tried_here():
    tried = [line for lines in COMMANDS.values() for line in lines if line.startswith("./tandem ")]
    others = [line for lines in COMMANDS.values() for line in lines if not line.startswith("./tandem ")]
    assert sorted(tried) == sorted(IMPORTS + EXPORTS)
    assert sorted(others) == ["cellxgene launch demo-cellxgene.h5ad", "make run EXPERIMENT_ID=mine"]


@pytest.mark.parametrize("command", IMPORTS)
def test_a_data_set_becomes_an_experiment(home: Home, command: str):
    done = home.tandem(*shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr
    folder = home.layout.data / command.split("--id ")[1]
    facts = read(folder / "import.json")
    samples = next(one for one in read(folder / "cell_sets.json")["cellSets"] if one["key"] == "sample")["children"]
    assert f"{facts['cells']:,} cells" in done.stdout
    assert facts["cells"] == sum(len(sample["cellIds"]) for sample in samples) > 500
    assert facts["clusters"] > 3
    assert (folder / "report.html").stat().st_size > 100_000
    assert {path.name for path in folder.iterdir()} == {
        *("r.rds", "cell_sets.json", "store", "report.html", "import.json")
    }


def test_a_table_of_samples_makes_tracks(home: Home):
    if not (home.layout.data / "from-samples").exists():
        [command] = [command for command in IMPORTS if "samples.csv" in command]
        home.tandem(*shlex.split(command)[1:])
    classes = {one["key"]: one for one in read(home.layout.data / "from-samples" / "cell_sets.json")["cellSets"]}
    assert [child["name"] for child in classes["sample"]["children"]] == ["control1", "treated1"]
    assert classes["condition"]["type"] == "metadataCategorical"
    assert [child["name"] for child in classes["condition"]["children"]] == ["control", "treated"]


@pytest.mark.parametrize("command", EXPORTS)
def test_an_experiment_is_exported(home: Home, demo_home: Home, command: str):
    if not (home.layout.data / "demo").exists():
        shutil.copytree(demo_home.layout.data / "demo", home.layout.data / "demo")
    done = home.tandem(*shlex.split(command)[1:])
    assert done.returncode == 0, done.stderr
    assert (home.layout.home / done.stdout.splitlines()[-1].split(":")[0]).exists()
