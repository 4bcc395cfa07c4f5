"""Logs are followed line by line, through rotations and half-written lines."""

from contextlib import closing
from types import SimpleNamespace

import pytest

from tandem.local import log_files
from tandem.local.log_files import follow, last_lines, tail


@pytest.fixture
def between_looks(monkeypatch):
    """What happens after the first look, while nobody looks."""

    def happen(act):
        acts = [act]
        monkeypatch.setattr(log_files, "time", SimpleNamespace(sleep=lambda _: acts and acts.pop()()))

    return happen


def test_only_new_whole_lines_are_followed(tmp_path, between_looks):
    log = tmp_path / "part.log"
    log.write_text("old\n")

    def write():
        with log.open("a") as file:
            file.write("new\nhalf a line")
        between_looks(lambda: (tmp_path / "there").unlink())

    between_looks(write)
    (tmp_path / "there").touch()
    assert list(follow({"part": log}, while_there=tmp_path / "there")) == [("part", "new")]


def test_a_log_set_aside_is_followed_in_its_successor(tmp_path, between_looks):
    log = tmp_path / "part.log"
    log.write_text("a long line of the old log\n")
    between_looks(lambda: log.write_text("short\n"))
    with closing(follow({"part": log}, while_there=tmp_path)) as lines:
        assert next(lines) == ("part", "short")


def test_nothing_is_missed_when_a_log_is_set_aside_and_its_successor_is_longer(tmp_path, between_looks):
    log = tmp_path / "part.log"
    log.write_text("old\n")

    def set_aside():
        with log.open("a") as file:
            file.write("last of the old\n")
        log.rename(tmp_path / "part.log.1")
        log.write_text("first of the new\n" + "more\n" * 1000)

    between_looks(set_aside)
    with closing(follow({"part": log}, while_there=tmp_path)) as lines:
        assert [next(lines)[1] for _ in range(3)] == ["last of the old", "first of the new", "more"]


def test_a_log_that_comes_later_is_followed_from_its_beginning(tmp_path, between_looks):
    between_looks(lambda: (tmp_path / "part.log").write_text("first\n"))
    with closing(follow({"part": tmp_path / "part.log"}, while_there=tmp_path)) as lines:
        assert next(lines) == ("part", "first")


def test_following_ends_when_the_platform_is_gone(tmp_path):
    assert list(follow({"part": tmp_path / "part.log"}, while_there=tmp_path / "gone")) == []


def test_the_end_of_a_log_is_shown(tmp_path):
    log = tmp_path / "part.log"
    log.write_text("".join(f"{number}\n" for number in range(30)))
    assert last_lines(log, 2) == ["28", "29"]
    assert tail(log, 2) == "\n    28\n    29"


def test_an_absent_log_is_empty(tmp_path):
    assert last_lines(tmp_path / "absent", 5) == []
    assert "empty" in tail(tmp_path / "absent")


def test_of_a_long_log_only_the_end_is_read(tmp_path):
    log = tmp_path / "long.log"
    log.write_text("".join(f"line {number} {'x' * 100}\n" for number in range(5_000)))
    lines = last_lines(log, 1_500)
    assert [line.split()[1] for line in lines] == [str(number) for number in range(3_500, 5_000)]
    assert last_lines(log, 9_999)[0].startswith("line 0 ")
    assert last_lines(log, 0) == []


def test_a_last_line_without_its_end_is_shown(tmp_path):
    log = tmp_path / "half.log"
    log.write_text("one\ntwo\nthr")
    assert last_lines(log, 2) == ["two", "thr"]
