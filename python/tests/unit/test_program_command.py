"""The command of a run: places and parameters filled in."""

import pytest

from tandem.errors import ProgramUnsound
from tandem.jobs.programs.command import filled, unknown_placeholders
from tandem.jobs.programs.toml import ProgramFile

PLACES = {"input": "/run/in", "output": "/run/out", "config": "/run/c.json"}


@pytest.mark.parametrize(
    ("word", "becomes"),
    [
        ("{input}/x", "/run/in/x"),
        ("{output}{config}", "/run/out/run/c.json"),
        ("--n={n}", "--n=8"),
        ("{text}", "a b; rm {input}"),
        ("{flag}", "true"),
        ("{rate}", "0.1"),
        ("{list}", '[1, "x"]'),
        ("{nothing}", "null"),
        ("{with-dash}", "1"),
        ("awk {{print $1}}", "awk {print $1}"),
        ("${{HOME}}", "${HOME}"),
        ("{{{n}}}", "{8}"),
        ("{}", "{}"),
        ("{ n }", "{ n }"),
        ("{0}", "{0}"),
    ],
)
def test_what_is_in_braces_is_filled_in_once(word, becomes):
    parameters = {"n": 8, "text": "a b; rm {input}", "flag": True, "rate": 0.1, "list": [1, "x"], "nothing": None}
    assert filled(["x", word], PLACES, {**parameters, "with-dash": 1}) == ("x", becomes)


def test_a_place_is_never_a_parameter():
    assert filled(["{input}"], PLACES, {"input": "elsewhere"}) == ("/run/in",)


def test_what_there_is_not_is_refused():
    with pytest.raises(ProgramUnsound, match=r"nothing is called \{m\} here"):
        filled(["{n}", "{m}"], PLACES, {"n": 1})


def test_unknown_names_are_found_once_each():
    command = ("a", "{input}{m}", "{n} {m} {{no}}", "{k}")
    file = ProgramFile(name="x", command=command, parameters={"n": {}})
    assert unknown_placeholders(file) == ["m", "k"]
