"""Programs of tests, and a program run by hand: no walls, no limits, no platform."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tandem.jobs.programs.command import filled
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.parameters import completed, write_config

#: The programs that come with Tandem.
EXAMPLES = Path(__file__).parents[3] / "data" / "programs"


def write_program(library: Path, name: str, text: str, files: Mapping[str, str] | None = None) -> Path:
    """A folder with program.toml, whose name is put first, and other files."""
    folder = library / name
    for path, content in {"program.toml": f'name = "{name}"\n{text}', **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


class RunByHand:
    """What a person would type to run a program."""

    def __init__(self, program: Program, inputs: Path | None, folder: Path, given: Mapping[str, object]) -> None:
        self.results, self.logs = folder / "results", folder / "logs"
        for place in (self.results, self.logs):
            place.mkdir(parents=True)
        parameters = completed(program.file, given)
        config = folder / program.file.config
        write_config(config, parameters)
        places = {
            "input": inputs or folder,
            "output": self.results,
            "config": config,
            "assets": program.folder,
            "logs": self.logs,
        }
        self.command = filled(program.file.command, {name: str(path) for name, path in places.items()}, parameters)
        self.environment = {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}

    def end(self, within_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run it to its end, or raise."""
        done = subprocess.run(
            self.command, env=self.environment, capture_output=True, text=True, timeout=within_s, check=False
        )
        assert done.returncode == 0, done.stderr
        return done

    def read(self, name: str) -> str:
        """A result."""
        return (self.results / name).read_text()


def levels(findings: Iterable[tuple[str, str]], level: str) -> list[str]:
    """The sentences of a level."""
    return [sentence for found, sentence in findings if found == level]
