"""What was made takes the place of what is there, or both stay where they are."""

import ctypes
import errno
from pathlib import Path

import pytest

from tandem.exchange.exporter import _put_in_place
from tandem.exchange.swapping import swap


@pytest.fixture(params=["in one step", "in two"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """File systems that cannot let two names change places in one step must do, too."""
    if request.param == "in two":
        _without_renameat2(monkeypatch)


def _without_renameat2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())


def folder(path: Path, text: str) -> Path:
    path.mkdir(parents=True)
    (path / "file").write_text(text)
    return path


@pytest.mark.usefixtures("kernel")
def test_the_new_is_in_place_of_the_old(tmp_path: Path):
    made, target = folder(tmp_path / "stage" / "made", "new"), folder(tmp_path / "target", "old")
    swap(made, target)
    assert (target / "file").read_text() == "new"
    assert [path.read_text() for path in (tmp_path / "stage").rglob("file")] == ["old"]


@pytest.mark.usefixtures("kernel")
def test_where_nothing_was_made_the_old_stays(tmp_path: Path):
    target = folder(tmp_path / "target", "old")
    (tmp_path / "stage").mkdir()
    with pytest.raises(FileNotFoundError):
        swap(tmp_path / "stage" / "made", target)
    assert (target / "file").read_text() == "old"


def test_an_export_that_cannot_take_its_place_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made, target = folder(tmp_path / "stage" / "made", "new"), folder(tmp_path / "target", "old")
    rename = Path.rename

    def full(path: Path, other: Path) -> Path:
        if path == made:
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(path, other)

    _without_renameat2(monkeypatch)
    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        _put_in_place(made, target)
    assert (target / "file").read_text() == "old"
