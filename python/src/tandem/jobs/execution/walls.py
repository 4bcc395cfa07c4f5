"""What keeps a run apart from the rest of the machine: the strictest way that works here, found by trying."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.guests import guest

#: Seconds that trying a way may take.
TRIAL_S = 20
#: Where people live and where services talk; nothing of it is for a run. Names are resolved by what lies in the last.
HOMES, SERVICES, RESOLVER = (Path("/home"), Path("/root")), Path("/run"), Path("/run/systemd/resolve")
#: What is private to each run.
TEMPORARY, SHARED_MEMORY = Path("/tmp"), Path("/dev/shm")  # noqa: S108 - the places themselves
#: The first process inside: it adopts what the program leaves behind, passes the program's exit code on and says
#: nothing of its own. With it all the others end.
FIRST_PROCESS = 'exec 3>&2 2>/dev/null; "$@" 2>&3 3>&-; exit $?'
#: Devices of graphics cards.
GPU_DEVICES = ("/dev/nvidia*", "/dev/dri", "/dev/kfd")

Way = Literal["bubblewrap", "namespaces", "process group"]


@dataclass(frozen=True)
class Confinement:
    """What kept a run apart and held its limits, and what it could still reach."""

    by: Literal["bubblewrap", "namespaces", "process group", "podman", "docker", "kubernetes"]
    limits: Literal["cgroup", "rlimits", "engine"]
    #: Whether it could reach the network, files of others, and whether it had a user of its own.
    network: bool
    files: bool
    own_user: bool


@dataclass(frozen=True)
class Enclosure:
    """What a run finds within its walls."""

    folder: RunFolder
    assets: Path | None
    #: Folders that are shut: those of other runs, of the platform.
    hidden: tuple[Path, ...]
    network: bool
    gpus: bool
    memory_bytes: int


def command(
    way: Way, argv: Sequence[str], environment: Mapping[str, str], within: Enclosure, guest: int | None
) -> list[str]:
    """The whole command line: walls, then, where we are root, another user, then the environment."""
    outside: list[str] = []
    if way == "bubblewrap":
        outside = _bubblewrap(within, guest is not None)
    elif way == "namespaces":
        outside = [*_setpriv(None), *_unshare(within.network, guest is not None)]
    # The first process stays who we are: bubblewrap may not end one of another user when we die.
    first = [] if way == "process group" else ["/bin/sh", "-c", FIRST_PROCESS, "first"]
    user = _setpriv(guest) if guest is not None or way == "process group" else []
    variables = [f"{name}={value}" for name, value in environment.items()]
    # The variables come last, so that none of them means anything to what runs as root.
    return [*outside, *first, *user, "env", "-i", f"--chdir={within.folder.root}", *variables, *argv]


@cache
def best_way() -> Way:
    """The strictest way that works here."""
    ways: tuple[Way, ...] = ("bubblewrap", "namespaces")
    return next((way for way in ways if works(way)), "process group")


def works(way: Way) -> bool:
    """Whether a run can be walled in like that on this machine."""
    with tempfile.TemporaryDirectory(prefix="tandem-trial-") as place, guest() as user, suppress(OSError):
        folder = RunFolder.make(Path(place, "run"))
        folder.hand_over(user, None)
        within = Enclosure(folder, None, (), network=False, gpus=False, memory_bytes=1 << 26)
        Path(place).chmod(0o711)
        line = command(way, ["/bin/sh", "-c", "echo > results/it"], {}, within, user)
        with suppress(subprocess.TimeoutExpired):
            return subprocess.run(line, capture_output=True, timeout=TRIAL_S, check=False).returncode == 0
    return False


def confinement(way: Way, within: Enclosure, has_guest: bool, has_cgroup: bool) -> Confinement:
    """What that way keeps a run from."""
    return Confinement(
        by=way,
        limits="cgroup" if has_cgroup else "rlimits",
        network=within.network or way == "process group",
        files=way != "bubblewrap",
        own_user=has_guest,
    )


def _setpriv(guest: int | None) -> list[str]:
    rights = []
    if guest is not None:
        who = [f"--reuid={guest}", f"--regid={guest}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
        rights = [*who, "--no-new-privs"]
    return ["setpriv", "--pdeathsig", "KILL", *rights, "--"]


def _unshare(network: bool, is_root: bool) -> list[str]:
    user = [] if is_root else ["--user", "--map-current-user"]
    net = [] if network else ["--net"]
    return ["unshare", *user, *net, "--ipc", "--uts", "--pid", "--mount-proc", "--fork", "--kill-child", "--"]


def _bubblewrap(within: Enclosure, is_root: bool) -> list[str]:
    folder = within.folder
    # Only root needs to become somebody else inside; all other rights go.
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    hidden = _shut(within.hidden)
    shown = [Path(sys.prefix), Path(sys.base_prefix), RESOLVER, *([within.assets.resolve()] if within.assets else [])]
    return [
        *("bwrap", "--die-with-parent", *(rights if is_root else ["--unshare-user"]), "--as-pid-1"),
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "tandem"),
        *([] if within.network else ["--unshare-net"]),
        *("--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", str(within.memory_bytes), "--tmpfs", str(SHARED_MEMORY)),
        *(word for device in (_gpu_devices() if within.gpus else ()) for word in ("--dev-bind", device, device)),
        *(word for place in hidden for word in ("--perms", "0755", "--tmpfs", str(place))),
        *("--bind", str(folder.temporary), str(TEMPORARY)),
        *(word for place in shown if _is_below(place, hidden) for word in (*_way_to(place, hidden), *_bind(place))),
        *(*_way_to(folder.root, hidden), "--bind", str(folder.root), str(folder.root)),
        *(word for place in (folder.inputs, folder.configs) for word in _bind(place)),
        # Each is a place of its own, which cannot be put aside for something else.
        *(word for place in (folder.results, folder.logs, folder.home) for word in ("--bind", str(place), str(place))),
        "--",
    ]


@cache
def _shut(more: tuple[Path, ...]) -> list[Path]:
    """The folders that are empty for a run, as far as there are such."""
    home = Path(os.environ.get("HOME", HOMES[0]))
    return _outermost(place for place in (*HOMES, home, SERVICES, *more) if place.is_dir() and _may_shut(place))


def _bind(place: Path) -> tuple[str, str, str]:
    return ("--ro-bind-try", str(place), str(place))


def _way_to(place: Path, hidden: Sequence[Path]) -> list[str]:
    """The folders that lead to a place from the hidden one in which it lies, for everybody to pass."""
    steps = [step for step in reversed(place.parents) if _is_below(step, hidden)]
    return [word for step in steps for word in ("--perms", "0755", "--dir", str(step))]


def _outermost(places: Iterable[Path]) -> list[Path]:
    """Real places, without those that lie in another of them."""
    found: list[Path] = []
    for place in sorted({place.resolve() for place in places}):
        if not _is_below(place, found):
            found.append(place)
    return found


def _is_below(place: Path, others: Iterable[Path]) -> bool:
    return any(place.is_relative_to(other) for other in (*others, TEMPORARY))


def _may_shut(place: Path) -> bool:
    """A home may be the whole machine, as it is for some services."""
    return place.resolve() != Path("/") and not Path("/usr").is_relative_to(place.resolve())


def _gpu_devices() -> list[str]:
    return [str(path) for pattern in GPU_DEVICES for path in Path("/").glob(pattern.removeprefix("/"))]
