"""Everything that is wrong with a program and can be seen before it is run."""

import ast
import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Literal

from tandem.errors import ParametersUnfit, ProgramUnsound
from tandem.jobs.execution.environment import PROGRAMS
from tandem.jobs.programs.command import PLACEHOLDER, unknown_placeholders
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.parameters import completed
from tandem.jobs.programs.version import files_of, is_executable

#: An error keeps the program from running; a warning may.
Level = Literal["error", "warning"]
Finding = tuple[Level, str]
ASSETS = "{assets}/"


def findings(program: Program) -> list[Finding]:
    """What is wrong, in sentences, errors first."""
    found = [finding for check in CHECKS for finding in check(program)]
    return sorted(found, key=lambda finding: finding[0])


def _command(program: Program) -> Iterator[Finding]:
    """What is called must be there, and be something that can be called."""
    file, first = program.file, program.file.command[0]
    for name in unknown_placeholders(file):
        yield (
            "error",
            f"The command names {{{name}}}, which is neither a place nor a parameter. Write {{{{ for a brace.",
        )
    for word in file.command:
        if word.startswith(ASSETS) and not PLACEHOLDER.search(word, len(ASSETS)):
            inside = word.removeprefix(ASSETS)
            if not (program.folder / inside).exists():
                yield "error", f"The command names {inside}, which is not in the program's folder."
    if first.startswith(ASSETS):
        yield from _called_file(program.folder / first.removeprefix(ASSETS))
    elif file.image is None and not PLACEHOLDER.search(first) and shutil.which(first, path=PROGRAMS) is None:
        yield "error", f"The command '{first}' is not found on this machine."


def _called_file(path: Path) -> Iterator[Finding]:
    """A file that is called itself needs the right to be executed, and a first line that says by what."""
    if not path.is_file():
        return
    if not is_executable(path.stat().st_mode):
        yield "error", f"{path.name} cannot be executed. Allow it with 'chmod +x {path.name}'."
    with path.open("rb") as file:
        first = file.readline(256)
    if first.startswith(b"\x7fELF"):
        return
    if not first.startswith(b"#!"):
        yield "error", f"{path.name} does not say what runs it. Let its first line be like '#!/usr/bin/env python3'."
        return
    if first.endswith(b"\r\n"):
        yield (
            "error",
            f"The lines of {path.name} end as on Windows, which no interpreter finds. Save it with line feeds.",
        )
        return
    words = first[2:].decode(errors="replace").split()
    named = words[1] if len(words) > 1 and words[0].endswith("/env") else words[0] if words else ""
    if not named.startswith("-") and shutil.which(named, path=PROGRAMS) is None:
        yield "error", f"The first line of {path.name} names '{named}', which is not found on this machine."


def _parameters(program: Program) -> Iterator[Finding]:
    """Defaults must fit, with anything in place of those that have none."""
    for name, schema in program.file.parameters.items():
        if "default" in schema:
            alone = program.file.model_copy(update={"parameters": {name: schema}})
            try:
                completed(alone, {name: schema["default"]})
            except ParametersUnfit as fault:
                yield (
                    "error",
                    f"The default of the parameter {fault.facts['field']} does not fit: {fault.facts['reason']}.",
                )
        if "type" not in schema and "enum" not in schema:
            yield "warning", f"The parameter {name} has no type, so anything is accepted."
        if "description" not in schema:
            yield "warning", f"The parameter {name} has no description."


def _results(program: Program) -> Iterator[Finding]:
    """Globs lie inside of the folder of results."""
    file = program.file
    for what, globs in (("result", (*file.results, *file.returns.values())), ("input", file.inputs.files)):
        for glob in globs:
            if not _is_inside(glob):
                yield "error", f"The {what} '{glob}' must be a path inside of its folder, without '..'."
    if not file.results and not file.returns:
        yield "warning", "No results are declared, so a run without any is as good as one with them."


def _example(program: Program) -> Iterator[Finding]:
    """The example is there, and is what the program itself asks for."""
    inputs = program.file.inputs
    if inputs.example is None:
        if inputs.files:
            yield "warning", "There is no example of its inputs, so it cannot be tried as it is."
        return
    if not _is_inside(inputs.example) or not (program.folder / inputs.example).is_dir():
        yield "error", f"The example input {inputs.example} is no folder of the program."
        return
    names = files_of(program.folder / inputs.example)
    for glob in inputs.files:
        if not any(fnmatch(name, glob) for name in names):
            yield "error", f"The example {inputs.example} has no file that fits '{glob}', which the program asks for."


def _files(program: Program) -> Iterator[Finding]:
    """Its files can be read, and Python understands what is Python."""
    try:
        names = files_of(program.folder)
    except ProgramUnsound as fault:
        yield "error", f"{fault.facts['reason']}."
        return
    for name in names:
        path = program.folder / name
        if not os.access(path, os.R_OK):
            yield "error", f"{name} cannot be read."
        elif path.suffix == ".py" and program.file.image is None:
            try:
                ast.parse(path.read_bytes(), name)
            except (SyntaxError, ValueError) as error:
                line = getattr(error, "lineno", None)
                yield "error", f"{name}{f', line {line}' if line else ''} is no Python: {getattr(error, 'msg', error)}."


def _words(program: Program) -> Iterator[Finding]:
    """What people read, and what does not fit together."""
    file = program.file
    if not file.description:
        yield "warning", "It has no description, so nobody knows what it is for."
    if file.image and not any(map(shutil.which, ("podman", "docker"))):
        yield "warning", "It runs in a container, and there is neither podman nor docker on this machine."
    if set(file.retry_on) - {"lost"} and not file.retries:
        yield "warning", "retry_on has no effect as long as retries is 0."


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path


CHECKS = (_command, _parameters, _results, _example, _files, _words)
