"""The log of a pod that is followed, and breaks off."""

from datetime import UTC, datetime

import pytest

from tandem.errors import ClusterUnavailable
from tandem.jobs.cluster.following import Following


class Answer:
    """What one request brings."""

    def __init__(self, *blocks: bytes) -> None:
        self.blocks = blocks

    def stream(self, _size: int):
        yield from self.blocks

    def close(self) -> None:
        """Nothing is open."""


def line(second: int, text: str) -> bytes:
    return f"2026-01-01T10:00:{second:02d}.123456789Z {text}\n".encode()


@pytest.fixture
def follow(tmp_path):
    def follow(*answers, heard_until=None):
        asked = []
        waiting = list(answers)

        def ask(since_s):
            asked.append(since_s)
            answer = waiting.pop(0) if waiting else Answer()
            if isinstance(answer, Exception):
                raise answer
            return answer

        following = Following(ask, tmp_path / "stdout.txt", heard_until)
        following.ask_once_more()
        following.end(10)
        written = [one.partition(" ")[2] for one in (tmp_path / "stdout.txt").read_text().splitlines()]
        return [one.text for one in following.news()], written, asked

    return follow


def test_lines_come_in_pieces(follow):
    heard, written, _ = follow(Answer(line(1, "one") + line(2, "two")[:12], line(2, "two")[12:]))
    assert heard == written == ["one", "two"]


def test_a_log_that_breaks_off_goes_on_where_it_was(follow):
    away = ClusterUnavailable(reason="away")
    again = Answer(line(1, "one") + line(2, "two") + line(3, "three"))
    heard, written, asked = follow(Answer(line(1, "one"), line(2, "two")), away, again)
    # The thread may have begun before or after it was told that the program has ended.
    assert heard == written
    assert heard[:2] == ["one", "two"]
    assert asked[0] is None
    assert all(since_s > 60 for since_s in asked[1:])


def test_what_another_runner_has_heard_is_written_and_not_handed_on(follow):
    until = datetime(2026, 1, 1, 10, 0, 1, 123456, UTC)
    heard, written, _ = follow(Answer(line(1, "one"), line(2, "two")), heard_until=until)
    assert (heard, written) == (["two"], ["one", "two"])


def test_times_of_other_zones_and_lines_without_one(follow):
    heard, written, _ = follow(Answer(b"2026-01-01T12:00:01.5+02:00 hello\n", b"failed to watch the log\n"))
    assert heard == written == ["hello", "failed to watch the log"]
