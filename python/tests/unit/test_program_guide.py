"""docs/programs.md tells every key and every example there is."""

import re
import tomllib

from helpers.programs import EXAMPLES
from tandem.jobs.programs.library import Library
from tandem.jobs.programs.toml import Inputs, ProgramFile, parse

GUIDE = (EXAMPLES.parents[1] / "docs" / "programs.md").read_text()


def names_of(model) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_guide_tells_every_key_with_an_example_that_is_one():
    rows = re.findall(r"^\| `(\[inputs\] )?([a-z_]+)` \| `(.+?)` \|", GUIDE.split("### Command")[0], re.MULTILINE)
    assert {name for table, name, _ in rows if not table} == names_of(ProgramFile) - {"inputs", "parameters"}
    assert {name for table, name, _ in rows if table} == names_of(Inputs)
    given = {name: tomllib.loads(f"x = {example}")["x"] for table, name, example in rows if not table}
    ProgramFile.model_validate(given)


def test_the_defaults_of_the_guide_are_those_of_the_programs():
    rows = re.findall(r"^\| `([a-z_]+)` \|.*\| `([^|`]+)` \|$", GUIDE.split("### Command")[0], re.MULTILINE)
    told = {name: tomllib.loads(f"x = {default}")["x"] for name, default in rows}
    plain = ProgramFile(name="x", command=("true",))
    assert ProgramFile.model_validate({"name": "x", "command": ["true"], **told}) == plain
    assert len(told) > 10


def test_the_program_of_the_guide_is_one():
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    parse(text, "mine")


def test_the_guide_tells_every_example():
    rows = re.findall(r"^\| `([a-z0-9_]+)` \|", GUIDE.split("## Examples")[1], re.MULTILINE)
    assert sorted(rows) == Library(EXAMPLES).names()
