"""A program run once in the foreground: the files, walls, limits and checks of a job, and nothing else."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tandem.errors import TaskError, TaskKilled
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Ending, Listener, execute
from tandem.jobs.execution.stop import Stop
from tandem.jobs.programs.library import Program
from tandem.jobs.runner.results import paths_in
from tandem.jobs.runner.verdict import fault_of
from tandem.jobs.trial.given import Given, unpacked

#: Everybody may pass through the folder of a trial, so that the run's own user reaches its part of it.
PASSABLE = 0o711


@dataclass(frozen=True)
class Outcome:
    """How a trial ended, and what it has made."""

    ending: Ending
    fault: TaskError | None
    #: Paths and sizes in bytes.
    results: Sequence[tuple[str, int]]


@contextmanager
def scratch_folder(*, keep: bool = False) -> Iterator[Path]:
    """A folder for a trial, gone afterwards unless it is to be kept and the trial has come to an end."""
    folder = Path(mkdtemp(prefix="tandem-test-"))
    folder.chmod(PASSABLE)
    with ExitStack() as at_end:
        at_end.callback(RunFolder(folder).remove)
        yield folder
        if keep:
            at_end.pop_all()


def try_out(
    program: Program,
    parameters: Mapping[str, Any],
    paths: Sequence[Path],
    scratch: Path,
    hidden: tuple[Path, ...],
    stop: Stop,
    listener: Listener,
) -> Outcome:
    """Run the program in a folder `run` of the scratch folder. JobRefused before it starts, where a job would be."""
    given = Given.of(program, parameters, paths, scratch)
    launch = given.arrange(f"trial-{os.getpid()}", scratch / "run", hidden, unpacked(program, scratch))
    ending = execute(launch, stop, listener)
    folder = launch.folder.results
    made = list(paths_in(folder))
    fault = TaskKilled() if ending.by == "kill" else fault_of(ending, given.spec, made)
    return Outcome(ending, fault, [(name, (folder / name).stat().st_size) for name in made])
