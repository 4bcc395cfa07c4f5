"""Text from outside becomes one clean line."""

import pytest

from tandem.text import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("  two\n\tlines\r\n", "two lines"),
        ("\x1b[31mred\x00", "[31mred"),
        ("left\u202eright\u2028next\ud800", "left right next"),
        ("γδ T cell", "γδ T cell"),
        ("", ""),
        ("x" * 11, "x" * 9 + "…"),
        ("x" * 10, "x" * 10),
    ],
)
def test_a_line_is_clean_and_bounded(text, line):
    assert one_line(text, 10 if text.startswith("x") else 100) == line
