"""Whatever numbers a result has, it is JSON that everybody reads, of the same shape at every length."""

import gzip
import json
import math
from typing import Any, NoReturn

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

#: How many numbers make a very large result.
VERY_MANY = 500_000
WORDS = st.floats().map(repr) | st.sampled_from(["NaN", "Inf", "-Inf", "NA", "-0.0", "5e-324", "1e22", "123456789012"])


def refuse(word: str) -> NoReturn:
    raise AssertionError(f"{word} is no JSON")


def strictly(text: bytes) -> Any:
    """JSON as its standard has it."""
    return json.loads(text, parse_constant=refuse)


def meant(word: str) -> float | None:
    number = math.nan if word == "NA" else float(word.lower())
    return number if math.isfinite(number) else None


def check(answer: dict[str, Any], words: list[str]) -> None:
    numbers = [meant(word) for word in words]
    assert answer["numbers"] == numbers
    for part, length in (("table", len(numbers)), ("none", 0), ("one", min(1, len(numbers)))):
        assert answer[part] == {"value": numbers[:length], "name": ["x"] * length}, part


@pytest.mark.promise(30)
@given(words=st.lists(WORDS, max_size=20))
@example(words=[])
@example(words=["NaN"])
@example(words=["1"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_numbers_are_sound_json_in_arrays_at_every_length(shared_r, words):
    answer = httpx.post(f"{shared_r.url}/v0/numbers", json={"words": words, "times": 1}, timeout=30)

    assert answer.status_code == 200, answer.text
    check(strictly(answer.content), words)


@pytest.mark.promise(30)
@pytest.mark.parametrize(
    ("words", "times"), [(["NaN", "-Inf", "Inf"], 1), ([], 1), (["0.1"], 1), (["0.1", "NaN"], VERY_MANY // 2)]
)
def test_a_result_comes_to_its_client_with_the_numbers_that_it_has(stack, words, times):
    message = stack.message("Numbers", words=words, times=times)
    run_id = stack.send(message)
    stack.start_worker()

    stack.wait_until_terminal(run_id)
    stack.wait_for_answer(message["ETag"])

    with stack.store.get(message["ETag"]) as body:
        check(strictly(gzip.decompress(body.read())), words * times)
