"""A new program: a folder with a small one that runs, to be changed into what is wanted."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tandem.errors import UsageError
from tandem.jobs.programs.toml import FILE, NAME

Language = Literal["python", "r", "shell"]

PROGRAM = """\
name = "{name}"
version = "1.0"
description = "Says how many lines the files of its input have."
command = ["{interpreter}", "{{assets}}/{script}", "{{input}}", "{{output}}", "{{config}}"]
cpus = 1
memory = "500MB"
time_limit = "10min"
results = ["lines.csv"]

[inputs]
files = ["*.txt"]
example = "example"

[parameters.skip]
type = "integer"
default = 0
minimum = 0
description = "Lines at the beginning of each file that do not count."
"""

PYTHON = '''\
"""Counts the lines of the files in the input folder."""

import json
import sys
from pathlib import Path

inputs, results, config = map(Path, sys.argv[1:4])
skip = json.loads(config.read_text())["skip"]

rows = ["file,lines"]
for path in sorted(inputs.glob("*.txt")):
    lines = max(0, len(path.read_text().splitlines()) - skip)
    print(f"{path.name}: {lines} lines", flush=True)
    rows.append(f"{path.name},{lines}")
(results / "lines.csv").write_text("\\n".join(rows) + "\\n")
'''

R = """\
# Counts the lines of the files in the input folder.

words <- commandArgs(trailingOnly = TRUE)
config <- paste(readLines(words[3]), collapse = "")
skip <- as.integer(sub('.*"skip": *([0-9]+).*', "\\\\1", config))

rows <- "file,lines"
for (path in sort(list.files(words[1], pattern = "\\\\.txt$", full.names = TRUE))) {
  lines <- max(0L, length(readLines(path)) - skip)
  message(basename(path), ": ", lines, " lines")
  rows <- c(rows, paste(basename(path), lines, sep = ","))
}
writeLines(rows, file.path(words[2], "lines.csv"))
"""

SHELL = """\
# Counts the lines of the files in the input folder.
set -eu

inputs=$1 results=$2 config=$3
skip=$(sed -n 's/.*"skip": *\\([0-9]*\\).*/\\1/p' "$config")

echo "file,lines" > "$results/lines.csv"
for path in "$inputs"/*.txt; do
  lines=$(tail -n "+$((skip + 1))" "$path" | wc -l | tr -d ' ')
  echo "$(basename "$path"): $lines lines"
  echo "$(basename "$path"),$lines" >> "$results/lines.csv"
done
"""

EXAMPLE = "one\ntwo\nthree\n"


@dataclass(frozen=True)
class _Template:
    interpreter: str
    script: str
    text: str


TEMPLATES: dict[Language, _Template] = {
    "python": _Template("python3", "main.py", PYTHON),
    "r": _Template("Rscript", "main.R", R),
    "shell": _Template("sh", "main.sh", SHELL),
}


def new(folder: Path, name: str, language: Language) -> Path:
    """Make the program's folder in the folder of programs. UsageError where its name is taken or cannot be one."""
    if not re.fullmatch(NAME, name):
        reason = f"'{name}' is no name of a program; it has small letters, digits, '_' and '-', 63 at most"
        raise UsageError(reason=reason)
    template, made = TEMPLATES[language], folder / name
    try:
        made.mkdir(parents=True)
        (made / template.script).write_text(template.text)
        (made / "example").mkdir()
        (made / "example" / "lines.txt").write_text(EXAMPLE)
        (made / FILE).write_text(PROGRAM.format(name=name, interpreter=template.interpreter, script=template.script))
    except FileExistsError:
        raise UsageError(reason=f"{made} is there already") from None
    except OSError as error:
        raise UsageError(reason=f"{made} cannot be made: {error.strerror}") from None
    return made
