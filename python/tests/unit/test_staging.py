"""An experiment appears under its id whole, or not at all."""

import contextlib
import ctypes
import os
import subprocess
import sys
import threading

import pytest

from tandem.errors import ImportFailed
from tandem.exchange.staging import Staging
from tandem.experiments.local_editor import LocalEditor


def make_experiment(folder, text):
    (folder / "store").mkdir(parents=True, exist_ok=True)
    for name in ("r.rds", "cell_sets.json", "store/data.layer"):
        (folder / name).write_text(text)


def read(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture(params=["in one step", "in two"])
def kernel(request, monkeypatch):
    """File systems that cannot let two names change places in one step must do, too."""
    if request.param == "in two":
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())


def test_a_new_experiment_appears_when_it_is_published(data):
    with Staging(data, "mine", force=False) as staging:
        make_experiment(staging.made, "new")
        assert names(data) == [".importing-mine"]
        staging.publish()

    assert names(data) == ["mine"]
    assert read(data / "mine") == dict.fromkeys(["cell_sets.json", "r.rds", "store/data.layer"], "new")


def test_what_fails_leaves_nothing(data):
    with contextlib.suppress(KeyboardInterrupt), Staging(data, "mine", force=False) as staging:
        make_experiment(staging.made, "half")
        raise KeyboardInterrupt

    assert names(data) == []


def test_an_experiment_is_replaced_only_when_asked(data):
    make_experiment(data / "mine", "old")

    with pytest.raises(ImportFailed, match="--force"), Staging(data, "mine", force=False):
        pass

    assert names(data) == ["mine"]
    assert read(data / "mine")["r.rds"] == "old"


def test_an_experiment_that_appeared_meanwhile_is_not_replaced(data):
    with Staging(data, "mine", force=False) as staging:
        make_experiment(staging.made, "new")
        make_experiment(data / "mine", "theirs")
        with pytest.raises(ImportFailed, match="--force"):
            staging.publish()

    assert read(data / "mine")["r.rds"] == "theirs"


def test_replacing_takes_all_of_the_old_but_what_its_owner_put_there(data, kernel):
    make_experiment(data / "mine", "old")
    (data / "mine" / "store" / "kept").mkdir()
    (data / "mine" / "store" / "kept" / "neighbours.rds").write_text("old")
    (data / "mine" / "notes").mkdir()
    (data / "mine" / "notes" / "a.txt").write_text("theirs")
    (data / "mine" / "matrix.mtx.gz").write_text("theirs")
    (data / "mine" / "link").symlink_to("matrix.mtx.gz")

    with Staging(data, "mine", force=True) as staging:
        make_experiment(staging.made, "new")
        staging.publish()

    assert names(data) == ["mine"]
    assert read(data / "mine") == {
        **dict.fromkeys(["cell_sets.json", "r.rds", "store/data.layer"], "new"),
        **dict.fromkeys(["link", "matrix.mtx.gz", "notes/a.txt"], "theirs"),
        ".cell_sets.json.lock": "",
    }
    assert (data / "mine" / "link").is_symlink()


def test_cell_sets_that_are_being_changed_do_not_end_up_in_the_new_experiment(data, kernel):
    make_experiment(data / "mine", "old")
    (data / "mine" / "cell_sets.json").write_text('{"cellSets": []}')
    reading, go_on = threading.Event(), threading.Event()

    def change(document):
        reading.set()
        assert go_on.wait(60)
        return document | {"changed": True}

    with Staging(data, "mine", force=True) as staging:
        make_experiment(staging.made, "new")
        editing = threading.Thread(target=LocalEditor(data / "mine").edit, args=[change], kwargs={"seconds": 60})
        editing.start()
        assert reading.wait(60)
        publishing = threading.Thread(target=staging.publish)
        publishing.start()
        publishing.join(0.5)  # in which it would be over, did it not wait
        go_on.set()
        editing.join()
        publishing.join()

    assert (data / "mine" / "cell_sets.json").read_text() == "new"


def test_a_folder_with_counts_becomes_an_experiment_and_keeps_them(data, kernel):
    (data / "mine").mkdir()
    (data / "mine" / "matrix.mtx.gz").write_text("counts")

    with Staging(data, "mine", force=False) as staging:
        make_experiment(staging.made, "new")
        staging.publish()

    assert names(data / "mine") == ["cell_sets.json", "matrix.mtx.gz", "r.rds", "store"]


def test_what_a_dead_import_left_is_removed(data):
    left = data / ".importing-mine" / "experiment"
    left.mkdir(parents=True)
    (left / "r.rds").write_text("half")

    with Staging(data, "mine", force=False) as staging:
        assert names(staging.made) == []


HOLDER = """
import sys
from pathlib import Path
from tandem.exchange.staging import Staging
with Staging(Path(sys.argv[1]), "mine", force=False):
    print("in", flush=True)
    sys.stdin.read()
"""


def test_one_import_of_an_id_at_a_time(data):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "in\n"
        with pytest.raises(ImportFailed, match="under way"), Staging(data, "mine", force=False):
            pass
        assert (data / ".importing-mine" / "workspace").is_dir()
        with Staging(data, "other", force=False):
            pass
        other.communicate()
    assert names(data) == []


def test_no_descriptor_is_left_open(data):
    before = len(os.listdir("/proc/self/fd"))
    make_experiment(data / "mine", "old")
    for force in (False, True):
        try:
            with Staging(data, "mine", force=force) as staging:
                make_experiment(staging.made, "new")
                staging.publish()
        except ImportFailed:
            pass
    assert len(os.listdir("/proc/self/fd")) == before
