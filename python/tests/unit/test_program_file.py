"""program.toml: what it may say, and what it is refused for, with the line."""

import pytest

from tandem.errors import ProgramUnsound
from tandem.jobs.programs.toml import parse, read

#: Every key there is.
WHOLE = """\
name = "whole"
version = "1.0"
description = "All there is to say."
command = ["python3", "{assets}/main.py", "{input}", "{n}"]
config = "config.yaml"
queue = "gpu"
cpus = 0.5
memory = "500MB"
disk = "10GB"
gpus = 1
time_limit = "1h"
grace = "5s"
retries = 2
retry_on = ["lost", "timeout"]
retry_pause = "2s"
max_parallel = 1
network = true
experiment = true
image = "debian:12"
results = ["*.csv"]
returns = {cell_sets = "cell_sets.json"}
environment = {NAME = "value", EMPTY = ""}

[inputs]
files = ["*.npy"]
example = "example"

[parameters.n]
type = "integer"
default = 8
minimum = 0
"""


def said(text: str, name: str = "x") -> str:
    with pytest.raises(ProgramUnsound) as caught:
        parse(text, name)
    assert caught.value.facts["field"] == "program"
    return str(caught.value)


def with_line(line: str) -> str:
    return f'name = "x"\ncommand = ["true"]\n{line}\n'


def test_all_that_can_be_said_is_read():
    file = parse(WHOLE, "whole")
    assert (file.memory_bytes, file.disk_bytes, file.time_limit_s, file.grace_s) == (500_000_000, 10**10, 3600, 5)
    assert file.command == ("python3", "{assets}/main.py", "{input}", "{n}")
    assert (file.retry_on, file.retry_pause_s, file.max_parallel) == (("lost", "timeout"), 2, 1)
    assert file.returns == {"cell_sets": "cell_sets.json"}
    assert file.parameters == {"n": {"type": "integer", "default": 8, "minimum": 0}}


def test_little_must_be_said():
    file = parse('name = "x"\ncommand = ["true"]\n', "x")
    assert (file.config, file.queue, file.cpus, file.gpus, file.retries) == ("config.json", "default", 1, 0, 0)
    assert (file.retry_on, file.network, file.experiment, file.image) == (("lost",), False, False, None)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("memry = 3", "line 3: memry: there is no such key"),
        ("cpus = 0", "line 3: cpus: it should be greater than 0, and is 0"),
        ("cpus = true", "line 3: cpus: it should be a valid number, and is True"),
        ("memory = '5QB'", "line 3: memory: it must be a size like 500MB, 1.5GB or 2GiB; the unit 'QB'"),
        ("time_limit = '1 hour'", "line 3: time_limit: it must be a duration like 30s"),
        ("config = '../config.json'", "line 3: config: '../config.json' does not fit the pattern"),
        ("config = 'config.ini'", "line 3: config: "),
        ("retry_on = ['lost', 'weather']", "line 3: retry_on.1: "),
        ("queue = 'Big queue'", "line 3: queue: 'Big queue' does not fit the pattern"),
        ("environment = {'A B' = 'x'}", "line 3: environment.A B: 'A B' does not fit the pattern"),
        ('results = ["a\\u0000b"]', "line 3: results.0: "),
        ("returns = {cell_sets = 'a.json'}", "line 3: returns: only a program that reads an experiment"),
        ("returns = {columns = 'a.csv'}\nexperiment = true", "line 3: returns.columns: "),
        ("[inputs]\nfile = ['x']", "line 4: inputs.file: there is no such key"),
        ("[parameters.n]\ntype = 'integr'", "line 3: parameters.n: it is not a JSON Schema: type: 'integr'"),
        ("[parameters.n]\npattern = '['", "line 3: parameters.n: it is not a JSON Schema: pattern: '['"),
        ("[parameters.n]\ndefault = 2020-01-01", "line 3: parameters.n: it holds dates or numbers that JSON"),
        ("[parameters.n]\ndefault = nan", "line 3: parameters.n: it holds dates or numbers that JSON"),
        (
            "[parameters.n]\n'$ref' = 'https://example.org/x'",
            "line 3: parameters.n: it must not refer to another schema",
        ),
        ("[parameters.input]\ntype = 'string'", "line 3: parameters.input: 'input' is a place in commands"),
        ("[parameters.'a b']\ntype = 'string'", "parameters.a b: a parameter's name has letters"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line, words):
    assert words in said(with_line(line))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = 'x'\ncommand = ['a'", "program.toml is no TOML: Unclosed array"),
        ("name = 'x'\nname = 'x'\n", "program.toml is no TOML: Cannot overwrite a value (at line 2"),
        ("name = 'x'\n", "program.toml: command: it is missing"),
        ("", "it is missing"),
        ("name = 'x'\ncommand = []\n", "line 2: command: it should not be empty"),
        ("name = 'x'\ncommand = 'python3 main.py'\n", "line 2: command: it should be a valid list"),
        ("# a comment\nname = 'y'\ncommand = ['true']\n", "line 2: name is 'y', and its folder is called 'x'"),
        ("name = 'Y'\ncommand = ['true']\n", "line 1: name: 'Y' does not fit the pattern"),
    ],
)
def test_what_is_no_program_is_told(text, words):
    assert words in said(text)


def test_a_file_that_is_no_text_or_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "x" / "program.toml"
    path.parent.mkdir()
    with pytest.raises(ProgramUnsound, match=r"'x' cannot be used: program\.toml cannot be read: No such file"):
        read(path)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(ProgramUnsound, match="is not a text in UTF-8"):
        read(path)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x = " + "[" * 5000, "program.toml is nested too deep"),
        ("parameters.p" + ".items" * 900 + '.type = "string"', "program.toml is nested too deep"),
        ("cpus = 0x" + "f" * 5000, "a whole number of more than 64 bits"),
        ("memory = 0x" + "f" * 5000, "a whole number of more than 64 bits"),
        ("retries = " + "9" * 5000, "program.toml is no TOML"),
        ('parameters.p = {type = "string", pattern = "a{99999999999999}"}', "its pattern is too large"),
        ('parameters.p = {type = "string", pattern = "' + "(" * 3000 + '"}', "nested too deep"),
    ],
)
def test_what_is_out_of_all_proportion_is_refused_in_words(line, reason):
    assert reason in said(with_line(line))
