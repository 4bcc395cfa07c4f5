"""Durations and sizes, as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.jobs.programs.units import BYTES, SECONDS, parse_bytes, parse_seconds, said_bytes, said_seconds


@given(number=st.integers(1, 1000), unit=st.sampled_from(sorted(SECONDS)), space=st.sampled_from(["", " "]))
def test_a_duration_is_its_number_of_units(number, unit, space):
    assert parse_seconds(f"{number}{space}{unit}") == number * SECONDS[unit]


@given(number=st.integers(1, 1000), unit=st.sampled_from(sorted(BYTES)), space=st.sampled_from(["", " "]))
def test_a_size_is_its_number_of_units(number, unit, space):
    assert parse_bytes(f"{number}{space}{unit}") == number * BYTES[unit]


@given(st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none()))
def test_whatever_is_given_is_read_or_refused(given):
    for parse in (parse_seconds, parse_bytes):
        with suppress(ValueError):
            assert parse(given) >= 0


@pytest.mark.parametrize(
    ("given", "seconds"), [("1h", 3600), ("90", 90), (90, 90), (0.5, 0.5), ("1.5 min", 90), ("2d", 172_800)]
)
def test_durations(given, seconds):
    assert parse_seconds(given) == seconds


@pytest.mark.parametrize(
    ("given", "size"), [("500MB", 500_000_000), ("1GiB", 1 << 30), (1024, 1024), ("1.5 kB", 1500), ("2", 2)]
)
def test_sizes(given, size):
    assert parse_bytes(given) == size
    assert isinstance(parse_bytes(given), int)


@pytest.mark.parametrize(
    "given", ["", "h", "-1h", "1 hour", "0s", 0, True, "1e3s", "1h 5min", "٣h", float("nan"), "9" * 18]
)
def test_what_is_no_duration_is_refused(given):
    with pytest.raises(ValueError, match="a duration like"):
        parse_seconds(given)


def test_a_wrong_unit_is_told_with_those_there_are():
    with pytest.raises(ValueError, match="the unit 'mb' is none of B, kB, KB, MB"):
        parse_bytes("500mb")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.25, "0.25 s"), (59, "59 s"), (60, "1 min"), (5400, "1 h 30 min"), (90_061, "1 d 1 h"), (3600, "1 h")],
)
def test_durations_are_said_in_two_units(seconds, said):
    assert said_seconds(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (500_000_000, "500 MB"),
        (1 << 30, "1.07 GB"),
        (10**16, "10,000 TB"),
    ],
)
def test_sizes_are_said_in_few_digits(size, said):
    assert said_bytes(size) == said
