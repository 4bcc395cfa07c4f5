"""Answers that are read whole are bounded."""

import pytest

from tandem.errors import CellSetsNotChanged
from tandem.worker import work
from tandem.worker.bridge import Answer


def answer(*blocks):
    return Answer(content_type="application/json", blocks=iter(blocks))


def test_a_small_answer_is_read_whole():
    assert work._read_whole(answer(b'{"a"', b": 1}")) == b'{"a": 1}'


def test_a_large_one_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(work, "CHANGE_BYTES", 1 << 20)
    endless = (b" " * (1 << 19) for _ in iter(int, 1))

    with pytest.raises(CellSetsNotChanged, match="1 MB"):
        work._read_whole(Answer("application/json", endless))
