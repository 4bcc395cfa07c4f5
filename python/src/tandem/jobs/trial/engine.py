"""A container to work in, for programs that run in one."""

import os
import shutil
import subprocess

from tandem.errors import UsageError
from tandem.jobs.execution.environment import environment, places
from tandem.jobs.execution.launch import Launch

ENGINES = ("podman", "docker")
#: What an image is called that was made of a shell.
SAVED = "tandem/{name}:latest"


def engine() -> str:
    """What runs containers here. UsageError where nothing does."""
    for name in ENGINES:
        if found := shutil.which(name):
            return found
    raise UsageError(reason="the program runs in a container, and there is neither podman nor docker on this machine")


def shell_command(found: str, name: str, launch: Launch) -> list[str]:
    """A shell in the image, with the folders where a run has them; the container stays when it ends."""
    where = places(launch.folder, launch.image)
    variables = environment(launch.job_id, 1, where, launch.limits, launch.gpus, launch.environment)
    del variables["PATH"]  # the image has its own
    return [
        *(found, "run", "--interactive", "--tty", "--replace" if found.endswith("podman") else "--rm=false"),
        *("--name", container(name), "--workdir", str(where.root)),
        *([] if launch.network else ["--network", "none"]),
        *("--volume", f"{launch.folder.root}:{where.root}"),
        *(f"--env={key}={value}" for key, value in variables.items()),
        *("--entrypoint", "/bin/sh", str(launch.image)),
    ]


def commit_command(found: str, name: str, image: str) -> list[str]:
    """What makes an image of the container of the last shell."""
    return [found, "commit", container(name), image]


def container(name: str) -> str:
    """How the container of a program's shell is called; it is this user's."""
    return f"tandem-shell-{os.getuid()}-{name}"


def call(command: list[str]) -> int:
    """Run it on this terminal; its exit code."""
    return subprocess.run(command, check=False).returncode
