"""A few damaged inputs for each door; `make fuzz` tries as many as there is time for."""

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from fuzz.damage import damaged

NAMES = sorted(path.stem for path in (Path(__file__).parent / "targets").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_read_or_refused_in_words(name):
    target = import_module(f"fuzz.targets.{name}").TARGET
    seeds = list(target.seeds())
    for seed in seeds:
        target.run(seed)

    @settings(max_examples=target.examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(damaged(seeds))
    def try_some(data: bytes) -> None:
        target.run(data)

    try_some()
