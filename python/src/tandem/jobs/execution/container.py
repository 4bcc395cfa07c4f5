"""A run in a container, by podman or docker: whichever is here and answers."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal

from tandem import errors
from tandem.jobs.execution.environment import Places
from tandem.jobs.execution.limits import PROCESSES, Limits
from tandem.jobs.execution.processes import Process, descendants, lately
from tandem.jobs.execution.walls import TEMPORARY, Confinement, Enclosure

Engine = Literal["podman", "docker"]

ENGINES: tuple[Engine, ...] = ("podman", "docker")
#: Seconds in which an engine has to answer.
ANSWER_S = 10
#: What an engine's command ends with if it could not start the container, and if not the program in it.
NO_CONTAINER, NO_PROGRAM = (125,), (126, 127)
#: What tells an engine's own command where the engine is and how it is set up; none of it reaches the program.
SETTINGS = re.compile(r"CONTAINERS?_\w+|DOCKER_\w+|HOME|XDG_(RUNTIME_DIR|CONFIG_HOME|DATA_HOME)")
#: What begins a complaint of an engine's own.
COMPLAINTS = ("Error:", "docker: ", "podman: ")


def settings() -> dict[str, str]:
    """The variables that the engine's command needs."""
    return {name: value for name, value in os.environ.items() if SETTINGS.fullmatch(name)}


@cache
def engine() -> Engine:
    """The first engine that answers."""
    found = [name for name in ENGINES if shutil.which(name)]
    for name in found:
        if _ask(name, "info") is not None:
            return name
    silent = f"{' and '.join(found)} does not answer" if found else "there is neither podman nor docker"
    raise errors.NotStarted(reason=f"it is to run in a container, and {silent} here")


def command(
    engine: Engine,
    name: str,
    image: str,
    argv: Sequence[str],
    environment: Mapping[str, str],
    within: Enclosure,
    where: Places,
    limits: Limits,
    gpus: Sequence[int],
    guest: int | None,
) -> list[str]:
    """The whole command line. The image looks for its programs in its own way."""
    folder, memory = within.folder, str(limits.memory_bytes)
    user = f"{os.geteuid()}:{os.getegid()}" if guest is None else f"{guest}:{guest}"
    # Without being root, podman would take us for root inside, and everybody else for somebody unknown.
    same = ["--userns", "keep-id"] if engine == "podman" and os.geteuid() != 0 else []
    mounts = [
        _mount(folder.root, where.root),
        *(_mount(source, where.root / source.name, "ro") for source in (folder.inputs, folder.configs)),
        *([_mount(within.assets.resolve(), where.assets, "ro")] if within.assets else []),
        _mount(folder.temporary, TEMPORARY),
    ]
    variables = [f"{key}={value}" for key, value in environment.items() if key != "PATH"]
    return [
        *(engine, "run", "--rm", "--init", "--name", name, "--workdir", str(where.root), "--user", user, *same),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", str(PROCESSES)),
        *("--memory", memory, "--memory-swap", memory, "--shm-size", memory, "--cpus", f"{limits.cpus:g}"),
        *([] if within.network else ["--network", "none"]),
        *(_gpus(engine, gpus) if gpus else []),
        *(word for mount in mounts for word in ("--volume", mount)),
        *(word for variable in variables for word in ("--env", variable)),
        *("--entrypoint", argv[0], image, *argv[1:]),
    ]


class Container:
    """The processes of one run in a container, which belong to the engine."""

    def __init__(self, engine: Engine, name: str, client: int) -> None:
        self._engine, self._name, self._client = engine, name, client
        self._first = 0

    def members(self) -> list[Process]:
        """Those there were a moment ago, as far as they run on this machine."""
        processes = lately()
        if self._first not in processes:
            self._first = int(_ask(self._engine, "inspect", "--format", "{{.State.Pid}}", self._name) or 0)
        first = [processes[self._first]] if self._first in processes else []
        return [*first, *descendants(self._first, processes)] if first else []

    def ask(self) -> None:
        """Ask the program to end."""
        if _ask(self._engine, "kill", "--signal", "TERM", self._name) is None:
            with suppress(ProcessLookupError):  # there is no container yet
                os.kill(self._client, signal.SIGTERM)

    def kill(self) -> None:
        """End the container, and the command that waits for it."""
        remove(self._engine, self._name)
        with suppress(ProcessLookupError):
            os.kill(self._client, signal.SIGKILL)


def id_of(engine: Engine, image: str) -> str | None:
    """What tells the image that is here from others of its name."""
    return _ask(engine, "image", "inspect", "--format", "{{.Id}}", image) or None


def remove(engine: Engine, name: str) -> None:
    """See that there is no container of this name, as a runner that was killed may have left."""
    at_once = ["--time", "0"] if engine == "podman" else []  # docker does not ask first
    _ask(engine, "rm", "--force", *at_once, name)


def confinement(engine: Engine, within: Enclosure) -> Confinement:
    """What a container keeps a run from."""
    return Confinement(by=engine, limits="engine", network=within.network, files=False, own_user=True)


def see_whether_it_started(code: int | None, last_words: Sequence[str]) -> None:
    """Raise if the engine could not start the container, or the program in it."""
    said = next((line for line in last_words if line.startswith(COMPLAINTS)), "")
    if code in NO_CONTAINER or (code in NO_PROGRAM and said):
        raise errors.NotStarted(reason=said or (last_words[-1] if last_words else f"its container ended with {code}"))


def _mount(source: Path, target: Path, mode: str = "rw") -> str:
    return f"{source}:{target}:{mode}"


def _gpus(engine: Engine, gpus: Sequence[int]) -> list[str]:
    if engine == "podman":
        return [word for gpu in gpus for word in ("--device", f"nvidia.com/gpu={gpu}")]
    return ["--gpus", f'"device={",".join(map(str, gpus))}"']


def _ask(engine: Engine, *words: str) -> str | None:
    """What an engine answers; nothing where it does not do what it is asked."""
    with suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run([engine, *words], capture_output=True, text=True, timeout=ANSWER_S, check=False)
        if answer.returncode == 0:
            return answer.stdout.strip()
    return None
