"""program.toml, and what is given for the parameters that it declares."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.draw import Draw
from fuzz.target import Target, only, texts
from tandem.jobs.programs.command import filled, unknown_placeholders
from tandem.jobs.programs.parameters import completed, from_text, write_config
from tandem.jobs.programs.toml import PLACES, parse

PROGRAMS = Path(__file__).parents[4] / "data/programs"
SCHEMA = (
    "type", "default", "minimum", "maximum", "enum", "pattern", "items", "properties", "$ref", "$id", "anyOf", "not",
    "multipleOf", "format", "const", "required", "integer", "number", "string", "array", "object", "boolean", "null",
)  # fmt: skip


def run(data: bytes) -> None:
    """For each second input the bytes are the file, else its parameters and the values for them."""
    draw = Draw(data)
    text = _file(draw) if draw.flag() else draw.rest().decode("utf-8", "replace")
    with only():
        file = parse(text, "x")
        unknown_placeholders(file)
        given = {name: draw.value(SCHEMA, 3) for name in file.parameters if draw.flag()}
        whole = completed(file, given)
        filled(file.command, dict.fromkeys(PLACES, "/x"), whole)
        with TemporaryDirectory() as folder:
            write_config(Path(folder, file.config), whole)
    with only():
        from_text(parse(text, "x"), {"p0": draw.text(SCHEMA)})


def _file(draw: Draw) -> str:
    """JSON is TOML where a table stands in one line."""
    lines = ['name = "x"', 'command = ["true", "{p0}"]']
    if draw.flag():
        lines.append(f"{draw.one_of(('cpus', 'memory', 'gpus', 'grace', 'retries'))} = {_toml(draw.value((), 1))}")
    for number in range(draw.upto(3)):
        schema = {draw.text(SCHEMA): draw.value(SCHEMA, 3) for _ in range(draw.upto(4))}
        lines.append(f"parameters.p{number} = {_toml(schema)}")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, int) and abs(value) > 2**64:
        return hex(value**30)
    return json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")


def seeds() -> list[bytes]:
    """The example programs, and some choices."""
    files = (b"\0" + text.replace(path.parent.name.encode(), b"x") for path in PROGRAMS.glob("*/program.toml")
             for text in texts(path))  # fmt: skip
    return [*files, *(bytes([1, 0, 2, 3, 0, kind, 0, kind + 7, 2, 0, 5]) for kind in range(16))]


TARGET = Target(run, seeds)
