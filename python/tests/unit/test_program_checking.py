"""`program check`: everything that is wrong and can be seen before a program is run."""

import pytest

from helpers.programs import EXAMPLES, levels, write_program
from tandem.jobs.programs.checking import findings
from tandem.jobs.programs.library import Library

SOUND = """\
description = "Does nothing."
command = ["python3", "{assets}/main.py", "{input}", "{n}"]
results = ["x.csv"]
[inputs]
files = ["*.txt"]
example = "example"
[parameters.n]
type = "integer"
default = 8
description = "A number."
"""
FILES = {"main.py": "print(1)\n", "example/a.txt": "x"}


def found(folder, text=SOUND, files=None, level="error"):
    write_program(folder, "x", text, {**FILES, **(files or {})})
    return levels(findings(Library(folder).load("x")), level)


def test_a_sound_program_has_no_findings(tmp_path):
    assert found(tmp_path) == found(tmp_path, level="warning") == []


def test_a_command_must_be_found_where_jobs_look_for_it(tmp_path, monkeypatch):
    (tmp_path / "only-mine").write_text("#!/bin/sh\n")
    (tmp_path / "only-mine").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    errors = found(tmp_path / "programs", SOUND.replace('"python3"', '"only-mine"'))
    assert errors == ["The command 'only-mine' is not found on this machine."]


@pytest.mark.parametrize("name", Library(EXAMPLES).names())
def test_the_examples_have_no_findings(name):
    assert findings(Library(EXAMPLES).load(name)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"python3"', '"pyton3"', "The command 'pyton3' is not found on this machine."),
        ('"python3"', '"./main.py"', "The command './main.py' is not found"),
        ("{n}", "{m}", "The command names {m}, which is neither a place nor a parameter."),
        ("{assets}/main.py", "{assets}/other.py", "The command names other.py, which is not in the program's folder."),
        (
            "default = 8",
            'default = "8"',
            'default of the parameter n does not fit: it must be a whole number, and is "8".',
        ),
        (
            "default = 8",
            "default = 8\nmaximum = 5",
            "The default of the parameter n does not fit: it must be at most 5",
        ),
        ('"x.csv"', '"/tmp/x.csv"', "The result '/tmp/x.csv' must be a path inside of its folder"),
        ('"x.csv"', '"../x.csv"', "The result '../x.csv' must be a path inside of its folder"),
        ('"*.txt"', '"/*.txt"', "The input '/*.txt' must be a path inside of its folder"),
        ('"*.txt"', '"*.npy"', "The example example has no file that fits '*.npy', which the program asks for."),
        ('"example"', '"examples"', "The example input examples is no folder of the program."),
        ('"example"', '"../x"', "The example input ../x is no folder of the program."),
        ('"example"', '"main.py"', "The example input main.py is no folder of the program."),
    ],
)
def test_errors_are_found(tmp_path, old, new, said):
    assert old in SOUND
    errors = found(tmp_path, SOUND.replace(old, new))
    assert any(said in error for error in errors), errors


@pytest.mark.parametrize(
    ("first_line", "mode", "said"),
    [
        ("#!/bin/sh\n", 0o644, "main.sh cannot be executed. Allow it with 'chmod +x main.sh'."),
        ("echo 1\n", 0o755, "main.sh does not say what runs it."),
        ("#!/bin/sh\r\n", 0o755, "The lines of main.sh end as on Windows"),
        ("#!/usr/bin/env pyton3\n", 0o755, "The first line of main.sh names 'pyton3', which is not found"),
        ("#!/opt/none/sh -e\n", 0o755, "The first line of main.sh names '/opt/none/sh', which is not found"),
        ("#!\n", 0o755, "The first line of main.sh names ''"),
    ],
)
def test_a_file_that_is_called_itself_must_be_callable(tmp_path, first_line, mode, said):
    text = SOUND.replace('"python3", "{assets}/main.py"', '"{assets}/main.sh"')
    folder = write_program(tmp_path, "x", text, {**FILES, "main.sh": first_line})
    (folder / "main.sh").chmod(mode)
    errors = levels(findings(Library(tmp_path).load("x")), "error")
    assert len(errors) == 1
    assert said in errors[0]


@pytest.mark.parametrize("first_line", ["#!/bin/sh\n", "#!/usr/bin/env python3\n", "#!/usr/bin/env -S python3 -u\n"])
def test_a_file_that_can_be_called_is_no_error(tmp_path, first_line):
    text = SOUND.replace('"python3", "{assets}/main.py"', '"{assets}/main.sh"')
    folder = write_program(tmp_path, "x", text, {**FILES, "main.sh": first_line})
    (folder / "main.sh").chmod(0o755)
    assert findings(Library(tmp_path).load("x")) == []


def test_python_that_python_does_not_understand_is_found_with_its_line(tmp_path):
    assert found(tmp_path, files={"main.py": "print(1)\nprint(\n"}) == [
        "main.py, line 2 is no Python: '(' was never closed."
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('description = "Does nothing."\n', "", "It has no description"),
        ('results = ["x.csv"]', "", "No results are declared"),
        ('example = "example"', "", "There is no example of its inputs"),
        ('type = "integer"\n', "", "The parameter n has no type"),
        ('description = "A number."', "", "The parameter n has no description."),
        ('results = ["x.csv"]', 'results = ["x.csv"]\nretry_on = ["failure"]', "retry_on has no effect"),
    ],
)
def test_what_may_be_meant_is_a_warning(tmp_path, old, new, said):
    assert old in SOUND
    text = SOUND.replace(old, new)
    assert found(tmp_path, text) == []
    warnings = found(tmp_path, text, level="warning")
    assert len(warnings) == 1
    assert said in warnings[0]
