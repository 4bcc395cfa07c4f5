"""What a program says: cleaned, stamped, capped, handed on."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tandem.jobs.execution import output
from tandem.jobs.execution.output import LINE_LENGTH, CappedFile, LogLine, Stream, tidy
from tandem.jobs.execution.progress import Progress, parsed

STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (.*)")


class Said:
    """A stream into which the test speaks."""

    def __init__(self, folder: Path) -> None:
        read, self._write = os.pipe()
        self.has_ended = False
        self.path = folder / "stdout.txt"
        self.stream = Stream("stdout", os.fdopen(read, "rb", 0), self.path)

    def say(self, raw: bytes) -> list[LogLine]:
        """Say something; what is handed on at once."""
        os.write(self._write, raw)
        self.stream.read()
        return self.stream.news()

    def end(self) -> list[str]:
        """The whole log."""
        self.has_ended = True
        os.close(self._write)
        self.stream.end()
        self.stream.close()
        return [STAMPED.fullmatch(line)[1] for line in self.path.read_text().split("\n")[:-1]]


@pytest.fixture
def said(tmp_path: Path) -> Iterator[Said]:
    said = Said(tmp_path)
    yield said
    if not said.has_ended:
        said.end()


def texts(lines: list[LogLine]) -> list[tuple[str, bool]]:
    return [(line.text, line.passing) for line in lines]


def test_lines_come_whole_and_what_is_not_at_its_end_passes(said):
    assert texts(said.say(b"one\ntw")) == [("one", False), ("tw", True)]
    assert texts(said.say(b"o\n")) == [("two", False)]
    assert texts(said.say(b"no end")) == [("no end", True)]
    assert said.end() == ["one", "two", "no end"]


def test_a_progress_bar_keeps_its_latest_state(said):
    assert texts(said.say(b"10%\r20%\r")) == [("20%", True)]
    assert texts(said.say(b"30%")) == [("30%", True)]
    assert texts(said.say(b"\r\n40%\r")) == [("30%", False), ("40%", True)]
    assert texts(said.say(b"\nwindows\r\n")) == [("40%", False), ("windows", False)]
    assert said.end() == ["30%", "40%", "windows"]


def test_what_is_no_text_is_taken_out(said):
    said.say(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07tab\there \xff\xfe bell\x07\x00 \xc3\xa9\n\x1b\nend\x1b]8;;\n")
    assert said.end() == ["red tab\there �� bell é", "", "end"]


def test_a_character_cut_in_two_is_one(said):
    said.say(b"\xc3")
    said.say(b"\xa9\n")
    assert said.end() == ["é"]


def test_an_overlong_line_is_cut(said):
    for _ in range(10):
        said.say(b"x" * 60000)
    said.say(b"\nnext\n")
    first, second = said.end()
    assert (len(first), second) == (LINE_LENGTH + 1, "next")


def test_of_very_much_the_head_and_the_tail_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "HEAD_BYTES", 10_000)
    monkeypatch.setattr(output, "TAIL_BYTES", 10_000)
    said = Said(tmp_path)
    for start in range(0, 100_000, 1000):
        said.say("".join(f"{number}\n" for number in range(start, start + 1000)).encode())
    lines = said.end()

    gap = next(index for index, line in enumerate(lines) if "left out" in line)
    count = int(re.search(r"\d+", lines[gap])[0])
    head, tail = lines[:gap], lines[gap + 1 :]
    assert head == [str(number) for number in range(len(head))]
    assert tail == [str(number) for number in range(100_000 - len(tail), 100_000)]
    assert len(head) + count + len(tail) == 100_000
    assert min(len(head), len(tail)) > 100
    assert said.path.stat().st_size < 80_000


def test_of_a_flood_the_first_and_the_last_lines_are_handed_on(said):
    heard = []
    for start in range(0, 50_000, 5000):
        os.write(said._write, "".join(f"{number}\n" for number in range(start, start + 5000)).encode())
        said.stream.read()
    heard = [line.text for line in said.stream.news()]

    assert len(heard) == 1001
    assert (heard[0], heard[499], heard[501], heard[-1]) == ("0", "499", "49500", "49999")
    assert "49000" in heard[500]


def test_a_file_whose_disk_is_full_says_so():
    file = CappedFile(Path("/dev/full"))
    file.write(["lost"], datetime.now(UTC))
    file.end()
    file.close()
    assert file.is_full


@pytest.mark.parametrize(
    ("text", "progress"),
    [
        ("3/10 reading\n", Progress("reading", 3, 10)),
        ("3/10", Progress("", 3, 10)),
        (" 3 / 10\tall of\nit", Progress("all of it", 3, 10)),
        ("reading 3/10", Progress("reading 3/10")),
        ("\x1b[31m", Progress("[31m")),
        ("\n", None),
        ("", None),
    ],
)
def test_progress_in_words_and_steps(text, progress):
    assert parsed(text) == progress


def test_lines_without_returns_are_left_as_they_are():
    assert tidy(b"a\n\nb") == ["a", "", "b"]
