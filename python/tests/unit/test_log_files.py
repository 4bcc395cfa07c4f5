"""Logs are followed line by line, through rotations and half-written lines."""

from contextlib import closing
from threading import Timer

from tandem.local.log_files import LOOK_S, follow, last_lines, tail


def test_only_new_whole_lines_are_followed(tmp_path):
    log = tmp_path / "part.log"
    log.write_text("old\n")
    with log.open("a", buffering=1) as file, closing(follow({"part": log}, while_there=tmp_path)) as lines:
        # The log is opened at its end by the first look, which comes before these are written.
        later = Timer(2 * LOOK_S, file.write, ["new\nhalf a line"])
        later.start()
        assert next(lines) == ("part", "new")
        later.join()


def test_a_log_set_aside_is_followed_in_its_successor(tmp_path):
    log = tmp_path / "part.log"
    log.write_text("a long line of the old log\n")
    with closing(follow({"part": log}, while_there=tmp_path)) as lines:
        later = Timer(2 * LOOK_S, log.write_text, ["short\n"])
        later.start()
        assert next(lines) == ("part", "short")
        later.join()


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
