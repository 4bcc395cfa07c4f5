"""Data sets in and out, as a person brings and takes them: what comes back, what is refused, what is interrupted."""

import gzip
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.platform import Home, wait_until
from helpers.data_sets import DEMO, anndata_of, demo_counts, write_folder, write_h5
from helpers.parcels import assert_same
from tandem.exchange import r_process
from tandem.exchange.parcel import Parcel

#: What two imports of the same counts have in common, to the last byte.
SAME = ("r.rds", "cell_sets.json", "store/data.layer", "store/counts.layer", "store/object.rds", "store/graphs.rds")


@pytest.fixture
def home(tmp_path: Path, r_library: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home", r_library)
    yield home
    home.clean_up()


def imported(home: Home, *words: str | Path, **more: str) -> str:
    done = home.tandem("import", *words, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def sets_of(folder: Path) -> dict:
    return json.loads((folder / "cell_sets.json").read_text())


def parcel_of(home: Home, experiment: str) -> Parcel:
    """What the export of an experiment is made of."""
    folder = home.layout.state / f"parcel-{experiment}"
    list(
        r_process.run(
            "export_parcel",
            [home.layout.data / experiment, folder],
            r_library=home.layout.r_library,
            log=home.layout.logs / "export.log",
            scratch=home.layout.state,
        )
    )
    return Parcel(folder)


def test_the_same_counts_make_the_same_experiment_whatever_the_format(home: Home):
    counts, folder = demo_counts(), home.layout.home
    write_h5(folder / "other name.h5", counts)
    anndata_of(counts).write_h5ad(folder / "plain.h5ad")
    made = []
    for source, threads in ((DEMO, "1"), (folder / "other name.h5", "2"), (folder / "plain.h5ad", "2")):
        imported(home, source, "--id", "same", "--force", TANDEM_THREADS=threads)
        made.append({name: (home.layout.data / "same" / name).read_bytes() for name in SAME})
    assert made[0] == made[1] == made[2]


def edit_cell_sets(folder: Path) -> None:
    """What a person does in a page: a renamed set, sets of their own that overlap, another colour."""
    sets = sets_of(folder)
    classes = {one["key"]: one for one in sets["cellSets"]}
    classes["louvain"]["children"][0] |= {"name": "T cells & <others>", "color": "#123456"}
    for number, cells in enumerate(([1, 2, 3], [2, 3, 4])):
        classes["scratchpad"]["children"].append(
            {"key": f"own-{number}", "name": f"Mine {number}", "rootNode": False, "type": "cellSets"}
            | {"color": "#abcdef", "cellIds": cells}
        )
    (folder / "cell_sets.json").write_text(json.dumps(sets))


@pytest.mark.parametrize(("form", "file"), [("h5ad", "one.h5ad"), ("rds", "one.rds")])
def test_what_is_exported_comes_back_as_it_was(home: Home, form: str, file: str):
    imported(home, DEMO, "--id", "one")
    edit_cell_sets(home.layout.data / "one")
    exported = home.tandem("export", "one", "--to", form)
    assert exported.returncode == 0, exported.stderr
    imported(home, file, "--id", "two")
    assert sets_of(home.layout.data / "two") == sets_of(home.layout.data / "one")
    assert_same(parcel_of(home, "one"), parcel_of(home, "two"))


def cut(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).splitlines(keepends=True)[:1000]
    path.write_bytes(gzip.compress(b"".join(text))[:-200])


def one_gene_less(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-1])))


@pytest.mark.parametrize(
    ("harm", "file", "said"),
    [
        (cut, "matrix.mtx.gz", r"matrix\.mtx\.gz cannot be imported: .*line \d+"),
        (one_gene_less, "features.tsv.gz", r"32,786 .*32,785|32,785 .*32,786"),
        (Path.unlink, "barcodes.tsv.gz", r"barcodes\.tsv"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence_and_leaves_nothing(home: Home, harm, file: str, said: str):
    write_folder(home.layout.home / "counts", demo_counts())
    harm(home.layout.home / "counts" / file)
    done = home.tandem("import", "counts", "--id", "wrong")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert re.search(said, done.stderr.replace("\n", " ")), done.stderr
    assert names(home.layout.data) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--id", "../up"], "--id cannot be '../up': a name has letters"),
        (["--id", "debug"], "'debug' is kept for something else"),
        (["--id", "x", "--clustering", "kmeans"], "--clustering cannot be 'kmeans'"),
        (["--id", "x", "--max-mito", "200"], "--max-mito cannot be '200.0'"),
        (["--id", "x", "--samples", "absent.csv"], "absent.csv"),
    ],
)
def test_what_cannot_be_asked_for_is_a_mistake_of_the_command(home: Home, words: list[str], said: str):
    done = home.tandem("import", DEMO, *words)
    assert done.returncode == 2
    assert said in done.stderr.replace("\n", " ")
    assert names(home.layout.data) == []


def test_bounds_that_leave_no_cells_name_the_option(home: Home):
    done = home.tandem("import", DEMO, "--id", "few", "--min-genes", "30000")
    assert done.returncode == 1
    assert "--min-genes" in done.stderr
    assert names(home.layout.data) == []


def test_a_dry_run_tells_and_does_nothing(home: Home):
    told = imported(home, DEMO, "--id", "mine", "--dry-run", "--resolution", "1.5", "--no-doublets")
    assert "10x folder" in told
    assert "559" in told
    assert "doublets no, resolution 1.5" in told
    assert names(home.layout.data) == []


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_import_leaves_nothing_that_matters(home: Home, way: int):
    (home.layout.data / "demo").mkdir()
    shutil.copy(DEMO / "README.md", home.layout.data / "demo")
    staged = home.layout.data / ".importing-demo" / "experiment" / "store"
    with home.attached("import", str(DEMO), "--id", "demo") as process:
        assert wait_until(lambda: staged.exists() and any(staged.iterdir()), 60)
        process.send_signal(way)
        process.communicate(timeout=20)
    assert names(home.layout.data / "demo") == ["README.md"]
    assert wait_until(lambda: not r_processes(home), 10), "R goes on alone"
    if way != signal.SIGKILL:
        assert names(home.layout.data) == ["demo"]
    imported(home, DEMO, "--id", "demo")
    assert names(home.layout.data) == ["demo"]


def r_processes(home: Home) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "run_command" in line and str(home.layout.data) in line]


def test_a_running_service_goes_over_to_what_took_the_place(home: Home):
    imported(home, DEMO, "--id", "mine", "--max-mito", "100")
    started = home.tandem("up", "-e", "mine")
    assert started.returncode == 0, started.stdout + started.stderr

    def cells() -> int:
        done = home.tandem("submit", "GetNGenes", "-e", "mine", "--wait", "-o", "out.json")
        assert done.returncode == 0, done.stderr
        return sum(value is not None for value in json.loads((home.layout.home / "out.json").read_text()))

    assert cells() == 559
    refused = home.tandem("import", DEMO, "--id", "mine")
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    imported(home, DEMO, "--id", "mine", "--force", "--max-mito", "10")
    expected = json.loads((home.layout.data / "mine" / "import.json").read_text())["cells"]
    assert cells() == expected < 559
