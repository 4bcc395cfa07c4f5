"""A client gets an encoding only if it said that it understands it."""

import pytest

from tandem.gateway.encodings import accepts


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("deflate, GZIP;q=0.5, br", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("br, zstd", False),
        ("gzip;q=much", False),
        (",,;", False),
    ],
)
def test_encodings_are_understood_as_said(said, understood):
    assert accepts(said, "gzip") is understood
