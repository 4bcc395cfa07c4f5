"""Parameters as they are typed."""

import pytest

from tandem.cli.values import parameters, read_document, read_mapping, sweep_values, tags
from tandem.errors import UsageError

SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}, "n": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=0..4", [0, 1, 2, 3, 4]),
        ("a=4..0", [4, 3, 2, 1, 0]),
        ("a=-2..2..2", [-2, 0, 2]),
        ("a=0..10..3", [0, 3, 6, 9]),
        ("a=0..1..0.25", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("a=0.1..0.5..0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("a=1..0..-0.5", [1.0, 0.5, 0.0]),
        ("a=7..7", [7]),
        ("a=1,2,3", [1, 2, 3]),
        ("a=0.5, 1e-3", [0.5, 0.001]),
        ("a=x,y", ["x", "y"]),
        ("a=true,false", [True, False]),
        ('a=["x,y", 3]', ["x,y", 3]),
        ("a=[[1, 2], [3]]", [[1, 2], [3]]),
        ("a=7", 7),
        ("a=x", "x"),
        ("a=", ""),
        ("label=1,02", ["1", "02"]),
        ("label=0..4", "0..4"),
        ("a=b=c", "b=c"),
    ],
)
def test_values_of_a_sweep(text, values):
    name = text.partition("=")[0]

    assert sweep_values([text], SCHEMA) == {name: values}


@pytest.mark.parametrize(
    "text", ["a=0..", "a=..4", "a=0..4..0", "a=0..4..-1", "a=0...4", "a=x..y", "a=0..1..2..3", "a=[1"]
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(UsageError, match="'a"):
        sweep_values([text], SCHEMA)


@pytest.mark.parametrize("text", ["a=0..1000000000000", "a=0..1e400", "a=nan..3", "a=inf..3", "a=0..1..1e-30"])
def test_a_range_without_bounds_is_refused_at_once(text):
    with pytest.raises(UsageError):
        sweep_values([text], SCHEMA)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n=8", 8),
        ("n=eight", "eight"),
        ("label=007", "007"),
        ("label=true", "true"),
        ("n=0..4", "0..4"),
        ("n=[1, 2]", [1, 2]),
        ('n={"k": 1}', {"k": 1}),
        ("n=null", None),
    ],
)
def test_values_of_one_job(text, value):
    name = text.partition("=")[0]

    assert parameters([text], SCHEMA) == {name: value}


@pytest.mark.parametrize("words", [["n"], ["=3"], ["n=1", "n=2"]])
def test_what_is_no_value_of_a_name_is_refused(words):
    with pytest.raises(UsageError):
        parameters(words, SCHEMA)


def test_tags_are_texts():
    assert tags(["who=me", "run=7"]) == {"who": "me", "run": "7"}


def test_config_files_are_json_or_yaml(tmp_path):
    (tmp_path / "a.json").write_text('{"n": 3}')
    (tmp_path / "a.yaml").write_text("n: 3\nnames: [x, y]\n")

    assert read_mapping(tmp_path / "a.json") == {"n": 3}
    assert read_mapping(tmp_path / "a.yaml") == {"n": 3, "names": ["x", "y"]}
    assert read_mapping(None) == {}


@pytest.mark.parametrize("content", ["[1, 2]", "{", "", "\x00"])
def test_a_config_file_that_holds_no_names_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content)

    with pytest.raises(UsageError, match=r"a\.json"):
        read_mapping(tmp_path / "a.json")


def test_a_document_that_is_away_is_told(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_document(tmp_path / "none.yaml")
