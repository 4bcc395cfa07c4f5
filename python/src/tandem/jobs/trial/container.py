"""A container to work in, for programs that run in one: unlike a run, it may fetch and install what it lacks."""

import os
import subprocess

from tandem.jobs.execution.container import Engine, engine, remove
from tandem.jobs.execution.environment import places
from tandem.jobs.execution.launch import Launch

#: What an image is called that was made of a shell.
SAVED = "tandem/{name}:latest"


def shell_command(engine: Engine, name: str, launch: Launch) -> list[str]:
    """A shell in the image, with the folders where a run has them; the container stays when it ends."""
    where = places(launch.folder, launch.image)
    variables = {key: value for key, value in launch.variables.items() if key != "PATH"}  # the image has its own
    return [
        *(engine, "run", "--interactive", "--tty", "--name", called(name), "--workdir", str(where.root)),
        *("--volume", f"{launch.folder.root}:{where.root}"),
        *(word for key, value in variables.items() for word in ("--env", f"{key}={value}")),
        *("--entrypoint", "/bin/sh", str(launch.image)),
    ]


def commit_command(engine: Engine, name: str, image: str) -> list[str]:
    """What makes an image of the container of the last shell."""
    return [engine, "commit", called(name), image]


def called(name: str) -> str:
    """How the container of a program's shell is called; it is this user's."""
    return f"tandem-shell-{os.getuid()}-{name}"


def new_shell(name: str, launch: Launch) -> list[str]:
    """The command of a shell, in the place of an earlier one. NotStarted where nothing runs containers."""
    found = engine()
    remove(found, called(name))
    return shell_command(found, name, launch)


def save(name: str, image: str) -> bool:
    """Make an image of the last shell's container; whether that went well."""
    return subprocess.run(commit_command(engine(), name, image), check=False).returncode == 0
