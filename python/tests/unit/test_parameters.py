"""Parameters: defaults, what does not fit, texts of a command line, and the file that programs read."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tandem.errors import ParametersUnfit
from tandem.jobs.programs.parameters import completed, from_text, schema_of, write_config
from tandem.jobs.programs.toml import ProgramFile

PARAMETERS = {
    "n": {"type": "integer", "default": 8, "minimum": 0, "maximum": 100},
    "rate": {"type": "number", "exclusiveMinimum": 0, "default": 0.5},
    "way": {"enum": ["fast", "slow", 3], "default": "fast"},
    "name": {"type": "string"},
    "on": {"type": "boolean", "default": False},
    "list": {"type": "array", "items": {"type": "integer"}, "default": [1]},
    "table": {"type": "object", "default": {}},
    "either": {"type": ["integer", "string", "null"], "default": None},
    "any": {"default": 0},
}
FILE = ProgramFile(name="x", command=("true",), parameters=PARAMETERS)


def refused(**given) -> str:
    with pytest.raises(ParametersUnfit) as caught:
        completed(FILE, {"name": "a", **given})
    return f"{caught.value.facts['field']}: {caught.value.facts['reason']}"


def test_the_schema_is_a_sound_one_of_all_parameters():
    schema = schema_of(FILE)
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name"]
    assert list(schema["properties"]) == list(PARAMETERS)


def test_defaults_fill_in_what_is_not_given_in_the_order_of_the_program():
    whole = completed(FILE, {"on": True, "name": "a"})
    assert list(whole) == list(PARAMETERS)
    assert (whole["n"], whole["on"], whole["name"], whole["either"]) == (8, True, "a", None)


def test_a_whole_number_names_the_same_run_however_it_is_written():
    assert json.dumps(completed(FILE, {"name": "a", "n": 8.0})) == json.dumps(completed(FILE, {"name": "a"}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n": "8"}, 'n: it must be a whole number, and is "8"'),
        ({"n": True}, "n: it must be a whole number, and is true"),
        ({"n": 8.5}, "n: it must be a whole number, and is 8.5"),
        ({"n": -1}, "n: it must be at least 0, and is -1"),
        ({"n": 101}, "n: it must be at most 100, and is 101"),
        ({"rate": 0}, "rate: it must be more than 0, and is 0"),
        ({"way": "odd"}, 'way: it must be one of "fast", "slow", 3, and is "odd"'),
        ({"list": [1, "x"]}, 'list.1: it must be a whole number, and is "x"'),
        ({"either": 1.5}, "either: it must be a whole number or a text or null, and is 1.5"),
        ({"m": 1}, "m: x has no such parameter; it has: n, rate, way"),
        ({"rate": float("nan")}, "rate: nan is no number that can be written down"),
        ({"table": {"a": [float("inf")]}}, "table: inf is no number"),
        ({"name": "a\0b"}, "name: it has signs that no text has"),
        ({"name": "\ud800"}, "name: it has signs that no text has"),
        ({"name": 5 * [[[["x"]]]]}, "name: it must be a text, and is [[[["),
    ],
)
def test_what_does_not_fit_is_told_in_words(given, said):
    assert refused(**given).startswith(said)


def test_what_is_needed_is_told():
    with pytest.raises(ParametersUnfit, match="The parameter name does not fit: it is needed, and has no default"):
        completed(FILE, {})


def test_what_is_nested_beyond_all_bounds_is_refused():
    deep = []
    for _ in range(900):
        deep = [deep]
    assert refused(any=deep) == "any: it is nested too deep"


def test_a_program_without_parameters_takes_none():
    file = ProgramFile(name="x", command=("true",))
    assert completed(file, {}) == {}
    with pytest.raises(ParametersUnfit, match="x has no such parameter; it has: none"):
        completed(file, {"n": 1})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n", "8", 8),
        ("rate", "1e-3", 0.001),
        ("rate", "2", 2),
        ("way", "slow", "slow"),
        ("way", "3", 3),
        ("name", "8", "8"),
        ("on", "True", True),
        ("list", "[1, 2]", [1, 2]),
        ("table", '{"a": 1}', {"a": 1}),
        ("either", "5", 5),
        ("either", "five", "five"),
        ("either", "null", None),
        ("any", "1.5", 1.5),
        ("any", "words", "words"),
        ("any", "[1]", [1]),
    ],
)
def test_texts_become_values_by_their_types(name, text, value):
    found = from_text(FILE, {name: text})
    assert found == {name: value}
    assert type(found[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("n", "eight", 'it must be a whole number, and is "eight"'),
        ("on", "perhaps", 'it must be true or false, and is "perhaps"'),
        ("list", "1,2", 'it must be a list, and is "1,2"'),
        ("table", "[]", 'it must be a table of names and values, and is "[]"'),
        ("m", "1", "x has no such parameter"),
    ],
)
def test_texts_that_are_no_values_are_told(name, text, said):
    with pytest.raises(ParametersUnfit) as caught:
        from_text(FILE, {name: text})
    assert caught.value.facts["field"] == name
    assert said in caught.value.facts["reason"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(value=VALUES)
def test_programs_read_what_was_given(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("config")
    whole = completed(FILE, {"name": "a", "any": value})
    for name, read in (("config.json", json.loads), ("config.yaml", yaml.safe_load), ("c.yml", yaml.safe_load)):
        write_config(folder / name, whole)
        assert read((folder / name).read_text(encoding="utf-8")) == whole


def test_a_number_that_no_program_could_read_is_refused():
    assert "it is a whole number of more than 64 bits" in refused(rate=10**5000)


def test_a_long_list_is_looked_through_once():
    file = FILE.model_copy(update={"parameters": {"list": {"type": "array", "uniqueItems": True}}})
    many = [[number] for number in range(20_000)]
    assert completed(file, {"list": many})["list"] == many
    assert completed(file, {"list": [1, True, "1", [1]]})
    for twice in ([1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1}], [[1], [1.0]]):
        with pytest.raises(ParametersUnfit, match="has non-unique elements"):
            completed(file, {"list": twice})
