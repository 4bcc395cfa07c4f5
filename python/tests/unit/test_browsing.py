"""People see the folders they are shown, and nothing beside them."""

import os
from pathlib import Path

import pytest

from tandem.errors import ObjectMissing
from tandem.gateway.browsing import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    data = tmp_path / "data"
    for name in ("demo/store", "debug", ".uploads/x", "programs"):
        (data / name).mkdir(parents=True)
    for name in ("demo/r.rds", "demo/a.csv", "demo/.lock", "demo/store/layer", "notes.txt", "queue.sqlite"):
        (data / name).write_text(name)
    (tmp_path / "secret").write_text("secret")
    (data / "demo" / "way-out").symlink_to(tmp_path / "secret")
    (data / "demo" / "way-up").symlink_to(tmp_path)
    (data / "demo" / "way-to-hidden").symlink_to(data / ".uploads")
    (data / "demo" / "loop").symlink_to(data / "demo" / "loop")
    (data / "demo" / "inside").symlink_to(data / "demo" / "r.rds")
    os.mkfifo(data / "demo" / "pipe")
    return Folders({"experiments": data, "captures": data / "debug", "logs": tmp_path / "absent"})


def names(folders: Folders, path: str) -> list[str]:
    return [entry.name for entry in folders.entries(path, 0, 100)[0]]


def test_the_roots_are_those_that_there_are(folders: Folders):
    assert names(folders, "") == ["experiments", "captures"]


def test_folders_come_first_and_what_is_hidden_does_not_come(folders: Folders):
    assert names(folders, "experiments") == ["demo", "notes.txt"]
    assert names(folders, "experiments/demo") == ["store", "a.csv", "inside", "r.rds"]


def test_a_page_says_how_much_there_is_in_all(folders: Folders):
    entries, total = folders.entries("experiments/demo", 1, 2)
    assert ([entry.name for entry in entries], total) == (["a.csv", "inside"], 4)
    assert entries[0].path == "experiments/demo/a.csv"
    assert entries[0].size == len("demo/a.csv")


@pytest.mark.parametrize(
    "path",
    [
        "experiments/../secret",
        "experiments/demo/../../secret",
        "experiments//secret",
        "experiments/./demo",
        "/secret",
        "secret",
        "..",
        "experiments/demo/way-out",
        "experiments/demo/way-up/secret",
        "experiments/demo/way-to-hidden",
        "experiments/demo/loop",
        "experiments/demo/.lock",
        "experiments/.uploads",
        "experiments/debug",
        "experiments/queue.sqlite",
        "experiments/demo/r.rds/x",
        "experiments/a\0b",
        "experiments/" + "x" * 5000,
        "logs",
        "experiments/\ud800",
    ],
)
def test_there_is_no_way_out(folders: Folders, path: str):
    with pytest.raises(ObjectMissing):
        folders.find(path)


def test_ten_thousand_files_and_deep_folders_are_listed(folders: Folders, tmp_path: Path):
    many = tmp_path / "data" / "many"
    many.mkdir()
    for number in range(10_000):
        (many / f"{number:05}").touch()
    entries, total = folders.entries("experiments/many", 9_990, 100)
    assert (len(entries), total) == (10, 10_000)
    (many / "/".join("abcdefghijklmnopqrstuvwxyz")).mkdir(parents=True)
    assert names(folders, "experiments/many/" + "/".join("abcdefghijklmnopqrstuvwxy")) == ["z"]
