"""A throw-away process for files that may run code when they are read: R's .rds.

It has none of our environment, limits on all it can use up, and, where the kernel allows, no network and no files but
R's own and one folder to write to. What it leaves there is data from a stranger: whoever reads it checks it.
"""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Literal, cast

from tandem.rights import may_become_others

#: Where things lie inside of bubblewrap; the way to where they really lie may be closed to the process.
LIBRARY_INSIDE, OUTPUT_INSIDE, HOME_INSIDE = "/r-library", "/output", "/home"
#: Where programs are looked for, R among them.
PROGRAMS = "/usr/local/bin:/usr/bin:/bin"
#: What R reads of /etc, as far as it is there.
SYSTEM_FILES = ("R", "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts")
#: Of what the system gives to services that live for a while (systemd's DynamicUser): nobody else has the number.
FIRST_GUEST, GUESTS = 61184, 4000
#: Processes and threads beyond those that run already: R is one, with a shell before it.
PROCESSES = 16
#: Bytes of temporary files inside.
TEMPORARY_BYTES = 64 << 20
#: Seconds between looks at the time and the folder.
LOOK_S = 0.1
#: Seconds after its time in which we end the process ourselves.
OVERTIME_S = 5
#: Bytes of what the process complains that are kept.
COMPLAINT_BYTES = 2000
#: Seconds that trying a way out may take.
TRIAL_S = 20

End = Literal["itself", "time", "output", "input"]


@dataclass(frozen=True)
class Confinement:
    """What kept a process apart, and whether it could still reach the network or read files of others."""

    by: str
    network: bool
    files: bool


BUBBLEWRAP = Confinement("bubblewrap", network=False, files=False)
NAMESPACES = Confinement("namespaces", network=False, files=True)
LIMITS_ALONE = Confinement("limits", network=True, files=True)


@dataclass(frozen=True)
class Limits:
    """What one process may use up."""

    #: Bytes of address space of each process, and of what is fed to it.
    memory: int
    seconds: float
    #: Bytes of all it writes.
    output: int


@dataclass(frozen=True)
class Ended:
    """How a process ended: by itself with a status (negative: a signal), or by one of the limits."""

    by: End
    status: int
    #: The last it said on stderr.
    complaint: str
    confinement: Confinement


def run(
    command: Sequence[str], feed: Iterable[bytes], output: Path, library: Path, limits: Limits, way: Confinement
) -> Ended:
    """Run a command in `output`, the empty folder where alone it may write, with `feed` as its stdin and an R library.
    When this returns, nothing of it runs any more. What `feed` raises is raised here."""
    guest = new_guest()
    with tempfile.TemporaryDirectory(prefix="tandem-guest-") as home, tempfile.TemporaryFile() as complaints:
        for folder in (output, Path(home)):
            folder.chmod(0o700)
            if guest is not None:
                os.chown(folder, guest, guest)
        process = subprocess.Popen(
            confined(command, output, library, limits, way, guest),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            cwd=output,
            env=environment(home, library, way),
            start_new_session=True,
        )
        feeder = Feeder(feed, process, limits.memory)
        try:
            feeder.start()
            end = _watch(process, feeder, output, limits)
        finally:
            _kill(process, guest)
            feeder.join()
            _open_folders(output)
        if feeder.fault is not None:
            raise feeder.fault
        if end == "itself" and _bytes_in(output) > limits.output:
            end = "output"
        complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - COMPLAINT_BYTES))
        return Ended(end, process.returncode, complaints.read().decode(errors="replace").strip(), way)


@cache
def best_way(library: Path) -> Confinement:
    """The strictest confinement that works here, found by trying."""
    for way in (BUBBLEWRAP, NAMESPACES):
        inside = LIBRARY_INSIDE if way == BUBBLEWRAP else str(library.resolve())
        with tempfile.TemporaryDirectory(prefix="tandem-trial-") as output, suppress(OSError):
            trial = Limits(memory=1 << 30, seconds=TRIAL_S, output=1 << 20)
            if run(["test", "-r", inside], [], Path(output), library, trial, way).status == 0:
                return way
    return LIMITS_ALONE


_guests = itertools.count(os.getpid())


def new_guest() -> int | None:
    """The user that the process becomes where we are root, another one each time, for the dead of the last may still
    count in its limits; as anybody else it stays who we are."""
    return FIRST_GUEST + next(_guests) % GUESTS if may_become_others() else None


def environment(home: str, library: Path, way: Confinement) -> dict[str, str]:
    """All that the process has for an environment."""
    inside = way == BUBBLEWRAP
    place = HOME_INSIDE if inside else home
    return {
        "PATH": PROGRAMS,
        "LANG": "C.UTF-8",
        "HOME": place,
        "TMPDIR": place,
        "R_LIBS": LIBRARY_INSIDE if inside else str(library.resolve()),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def confined(
    command: Sequence[str], output: Path, library: Path, limits: Limits, way: Confinement, guest: int | None
) -> list[str]:
    """The whole command line: limits, then walls, then, where we are root, another user."""
    outside = [
        # Should we be killed, the time is still limited.
        *("timeout", "--signal=KILL", str(limits.seconds + OVERTIME_S)),
        "prlimit",
        f"--as={limits.memory}",
        f"--fsize={limits.output}",
        f"--cpu={int(limits.seconds) + 1}",
        "--core=0",
        "--nofile=256",
        # Where memory runs out, this process goes first.
        *("choom", "-n", "1000", "--"),
    ]
    inside = []
    if guest is not None:
        who = [f"--reuid={guest}", f"--regid={guest}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
        inside = ["setpriv", *who, "--no-new-privs", "--"]
    inside += ["prlimit", f"--nproc={_running(guest) + PROCESSES}"]
    if way == BUBBLEWRAP:
        inside += ["env", f"--chdir={OUTPUT_INSIDE}"]  # last: only the guest may enter it
    return [*outside, *walls(way, output, library, guest is not None), *inside, *command]


def walls(way: Confinement, output: Path, library: Path, is_root: bool) -> list[str]:
    """What goes before a command so that it is kept apart."""
    if way == NAMESPACES:
        user = [] if is_root else ["--user", "--map-current-user"]
        return ["unshare", *user, "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--"]
    if way == LIMITS_ALONE:
        return []
    # Only root needs to become somebody else inside; all other rights go.
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    merged = [part for name in ("bin", "lib", "lib64") if (part := Path("/", name)).is_symlink()]
    apart = [part for name in ("bin", "lib", "lib64") if (part := Path("/", name)).is_dir() and part not in merged]
    return [
        *("bwrap", "--die-with-parent", "--new-session", *(rights if is_root else ["--unshare-user"])),
        *("--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *("--hostname", "guest", "--dev", "/dev", "--perms", "0755", "--dir", "/etc"),
        *("--size", str(TEMPORARY_BYTES), "--perms", "1777", "--tmpfs", HOME_INSIDE),
        *(word for part in merged for word in ("--symlink", os.readlink(part), str(part))),
        *(word for part in (Path("/usr"), *apart, *_r_elsewhere()) for word in ("--ro-bind", str(part), str(part))),
        *(word for name in SYSTEM_FILES for word in ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")),
        *("--ro-bind", str(library.resolve()), LIBRARY_INSIDE),
        *("--bind", str(output.resolve()), OUTPUT_INSIDE, "--"),
    ]


class Feeder(threading.Thread):
    """Writes to the stdin of a process for as long as it reads."""

    def __init__(self, feed: Iterable[bytes], process: subprocess.Popen[bytes], most: int) -> None:
        super().__init__(daemon=True)
        self._feed, self._pipe, self._left = feed, cast(IO[bytes], process.stdin), most
        self.fault: Exception | None = None
        self.is_too_long = False

    def run(self) -> None:
        """Until the end of the feed, or of the process."""
        try:
            with suppress(BrokenPipeError), self._pipe:
                for block in self._feed:
                    self._left -= len(block)
                    if self._left < 0:
                        self.is_too_long = True
                        return
                    self._pipe.write(block)
        except Exception as error:  # raised again where the process was started
            self.fault = error


def _watch(process: subprocess.Popen[bytes], feeder: Feeder, output: Path, limits: Limits) -> End:
    deadline = time.monotonic() + limits.seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_S)
            if feeder.is_too_long:
                return "input"
            # The limit on processor time sends this signal.
            return "time" if process.returncode in (-signal.SIGXCPU, 128 + signal.SIGXCPU) else "itself"
        if feeder.fault is not None or feeder.is_too_long:
            return "input"
        if time.monotonic() > deadline:
            return "time"
        if _bytes_in(output) > limits.output:
            return "output"


def _kill(process: subprocess.Popen[bytes], guest: int | None) -> None:
    """End the process and all that came of it: a namespace ends with its first process; a guest has a number of its
    own; what is left is the group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if guest is not None:
        only = ["setpriv", f"--reuid={guest}", f"--regid={guest}", "--clear-groups"]
        subprocess.run([*only, "kill", "-KILL", "-1"], stderr=subprocess.DEVNULL, check=False)


def _running(guest: int | None) -> int:
    """How many threads the user of the process has already, for they count in its limit."""
    if guest is not None:
        return 0
    own = 0
    for entry in os.scandir("/proc"):
        with suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                own += len(os.listdir(f"/proc/{entry.name}/task"))
    return own


def _r_elsewhere() -> list[Path]:
    """Where R lies, if it is not in /usr."""
    found = shutil.which("Rscript", path=PROGRAMS)
    home = Path(found).resolve().parents[1] if found else Path("/usr")
    return [] if home.is_relative_to("/usr") else [home]


def _bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(Path(place, name)).st_blocks * 512
    return total


def _open_folders(folder: Path) -> None:
    """Let whoever tidies up enter the folders that the process has made, however it has closed them."""
    for place, names, _ in os.walk(folder):
        for name in names:
            with suppress(OSError):
                if not (path := Path(place, name)).is_symlink():
                    path.chmod(0o700)
