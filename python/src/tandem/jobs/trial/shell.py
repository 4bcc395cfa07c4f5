"""A shell in which a program can be tried by hand: the folder, environment, walls and inputs of a run."""

import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

from tandem.errors import NotStarted
from tandem.jobs.execution import walls
from tandem.jobs.execution.guests import guest
from tandem.jobs.execution.launch import Launch
from tandem.jobs.trial import container
from tandem.jobs.trial.workbench import Workbench

#: What is started, and in its place where there is none.
SHELL, PLAIN_SHELL = ("bash", "--norc", "--noprofile"), ("sh",)
PROMPT = "{name}:\\W\\$ "
#: The file that does what a runner would do.
RUN = "run"


def work_in(name: str, launch: Launch, bench: Workbench) -> int:
    """Let a person work until the shell ends; its exit code."""
    return _in_container(name, launch, bench) if launch.image else _within_walls(name, launch, bench)


def _in_container(name: str, launch: Launch, bench: Workbench) -> int:
    command = container.new_shell(name, launch)
    bench.lend(None)
    _write_run(launch.folder.root / RUN, launch.argv)
    try:
        return _stay_with(command)
    finally:
        bench.give_back()
        launch.folder.take_back()


def _within_walls(name: str, launch: Launch, bench: Workbench) -> int:
    folder = launch.folder
    with guest() as user:
        folder.hand_over(user, None)
        bench.lend(user)
        _write_run(folder.root / RUN, launch.argv)
        variables = launch.variables
        told = {"TERM": os.environ.get("TERM", "dumb"), "PS1": PROMPT.format(name=name)}
        shell = _found(variables["PATH"])
        command = walls.command(walls.best_way(), shell, variables | told, launch.enclosure, user)
        try:
            return _stay_with(command)
        finally:
            bench.give_back()
            folder.take_back()


def _found(path: str) -> list[str]:
    for shell in (SHELL, PLAIN_SHELL):
        if found := shutil.which(shell[0], path=path):
            return [found, *shell[1:]]
    raise NotStarted(reason="there is no shell here")


def _write_run(path: Path, argv: tuple[str, ...]) -> None:
    path.write_text(f"#!/bin/sh\nexec {shlex.join(argv)}\n")
    path.chmod(0o755)


def _stay_with(command: list[str]) -> int:
    """Keys that interrupt are for what runs in the shell."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
