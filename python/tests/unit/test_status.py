"""The file that says how a process is, and that it still gets to say so."""

import json
import os
import time
from pathlib import Path

import pytest

from tandem import status
from tandem.status import StatusFile

LONG_AGO = 1_000_000.0


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "run" / "status.json"


def test_it_says_what_is_new(place: Path):
    file = StatusFile(place)
    file.write("starting")
    file.write("degraded", "Redis is away")
    assert json.loads(place.read_text()) == {"state": "degraded", "detail": "Redis is away", "pid": os.getpid()}
    assert list(place.parent.iterdir()) == [place]


def test_what_is_still_true_is_touched_but_not_at_every_look(place: Path, monkeypatch: pytest.MonkeyPatch):
    now = time.monotonic()
    monkeypatch.setattr(status.time, "monotonic", lambda: now)
    file = StatusFile(place)
    file.write("ready")
    inode = place.stat().st_ino
    os.utime(place, (LONG_AGO, LONG_AGO))
    file.write("ready")
    assert place.stat().st_mtime == LONG_AGO
    now += status.TOUCH_S
    file.write("ready")
    assert time.time() - place.stat().st_mtime < 5
    assert place.stat().st_ino == inode


def test_one_that_somebody_removed_is_there_again(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(status, "TOUCH_S", 0.0)
    file = StatusFile(place)
    file.write("ready")
    place.unlink()
    file.write("ready")
    assert json.loads(place.read_text())["state"] == "ready"


def test_where_nothing_can_be_written_whoever_works_on_goes_on(place: Path, caplog: pytest.LogCaptureFixture):
    file = StatusFile(place)
    file.write("ready")
    os.utime(place, (LONG_AGO, LONG_AGO))
    full = place.with_suffix(f".{os.getpid()}")
    for _ in range(3):
        full.symlink_to("/dev/full")
        file.write("degraded", "the disk is full")
    assert json.loads(place.read_text())["state"] == "ready"
    assert place.stat().st_mtime > LONG_AGO, "a process that lives"
    assert [record.getMessage() for record in caplog.records] == [
        f"It cannot be said in {place} how we are: No space left on device"
    ]

    file.write("degraded", "the disk is full")
    assert json.loads(place.read_text())["state"] == "degraded"
    assert list(place.parent.iterdir()) == [place]


def test_without_a_place_nothing_is_written(tmp_path: Path):
    StatusFile(None).write("ready")
    assert not list(tmp_path.iterdir())
