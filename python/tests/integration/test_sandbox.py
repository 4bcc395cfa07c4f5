"""A throw-away process, tried in every way that this machine can confine one."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from fixtures.platform import wait_until
from helpers.walls import need
from tandem.exchange import sandbox
from tandem.exchange.sandbox import BUBBLEWRAP, LIMITS_ALONE, NAMESPACES, Confinement, Ended, Limits

PLENTY = Limits(memory=1 << 30, seconds=30, output=1 << 24)
WAYS = pytest.mark.parametrize("way", [BUBBLEWRAP, NAMESPACES, LIMITS_ALONE], ids=lambda way: way.by)
WALLS = pytest.mark.parametrize("way", [BUBBLEWRAP, NAMESPACES], ids=lambda way: way.by)


class Sandbox:
    """Runs shell commands in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "output"
        self.output.mkdir()
        self.library = folder / "library"
        self.library.mkdir()
        folder.chmod(0o755)

    def sh(self, script: str, way: Confinement, limits: Limits = PLENTY, feed: Iterable[bytes] = ()) -> Ended:
        need(way)
        return sandbox.run(["sh", "-c", script], feed, self.output, self.library, limits, way)

    def read(self, name: str) -> str:
        return (self.output / name).read_text()


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    ("lacking", "way"), [((), BUBBLEWRAP), (("bwrap",), NAMESPACES), (("bwrap", "unshare"), LIMITS_ALONE)]
)
def test_the_strictest_way_that_works_is_taken(
    lacking: tuple[str, ...], way: Confinement, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(way)
    for tool in {"prlimit", "choom", "setpriv", "test", "kill", "env", "timeout", "unshare", "bwrap"}.difference(
        lacking
    ):
        (open_folder / tool).symlink_to(f"/usr/bin/{tool}")
    monkeypatch.setattr(sandbox, "PROGRAMS", f"{open_folder}:/usr/bin" if not lacking else str(open_folder))

    assert sandbox.best_way(open_folder) == way


@WAYS
def test_what_is_fed_comes_in_and_what_is_written_stays(way: Confinement, box: Sandbox) -> None:
    ended = box.sh("cat > got; echo oh >&2; exit 3", way, feed=[b"one ", b"two"])

    assert (ended.by, ended.status, ended.complaint, ended.confinement) == ("itself", 3, "oh", way)
    assert box.read("got") == "one two"


@WAYS
def test_nothing_of_our_environment_is_there(way: Confinement, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    box.sh("env > env; echo x > $HOME/file && cat $HOME/file > home", way)

    names = {line.partition("=")[0] for line in box.read("env").splitlines()}
    assert names <= {"PATH", "LANG", "HOME", "TMPDIR", "R_LIBS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "PWD", "_"}
    assert box.read("home") == "x\n"


@WAYS
def test_the_network_is_away_unless_it_is_said(way: Confinement, box: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]} && echo yes > reached"
        box.sh(f"bash -c '{call}'", way)

    assert (box.output / "reached").exists() is way.network


def test_bubblewrap_shows_no_file_but_the_systems(box: Sandbox, tmp_path: Path) -> None:
    box.sh("ls -A / > root; ls -A /etc > etc; ls -A /home /r-library > empty; touch /r-library/x /usr/x /x", BUBBLEWRAP)

    assert set(box.read("root").split()) <= {"bin", "dev", "etc", "home", "lib", "lib64", "output", "r-library", "usr"}
    assert set(box.read("etc").split()) <= set(sandbox.SYSTEM_FILES)
    assert box.read("empty").split() == ["/home:", "/r-library:"]
    assert not list(box.library.iterdir())


@WALLS
def test_other_processes_are_not_to_be_seen_or_killed(way: Confinement, box: Sandbox) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    box.sh(f"kill -9 {bystander.pid}", way)
    try:
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@WAYS
def test_root_becomes_nobody_of_importance(way: Confinement, box: Sandbox) -> None:
    box.sh("id -u > id; id -G >> id", way)

    (guest,) = set(map(int, box.read("id").split()))
    assert sandbox.FIRST_GUEST <= guest < sandbox.FIRST_GUEST + sandbox.GUESTS


@WAYS
def test_time_is_limited(way: Confinement, box: Sandbox) -> None:
    assert box.sh("sleep 60", way, Limits(1 << 30, 0.5, 1 << 20)).by == "time"


@WAYS
def test_processor_time_is_limited(way: Confinement, box: Sandbox) -> None:
    began = time.monotonic()
    assert box.sh("while :; do :; done", way, Limits(1 << 30, 1, 1 << 20)).by == "time"
    assert time.monotonic() - began < 20


@WAYS
def test_memory_is_limited(way: Confinement, box: Sandbox) -> None:
    ended = box.sh(
        "x=$(head -c 300000000 /dev/zero | tr '\\0' a); echo ${#x} > held", way, Limits(1 << 28, 30, 1 << 20)
    )

    assert ended.status != 0
    assert not (box.output / "held").exists()


@WAYS
@pytest.mark.parametrize(
    "script", ["head -c 9000000 /dev/zero > a", "for i in 1 2 3 4; do head -c 900000 /dev/zero > $i; done; sleep 1"]
)
def test_what_is_written_is_limited(way: Confinement, box: Sandbox, script: str) -> None:
    ended = box.sh(script, way, Limits(1 << 30, 30, 1 << 20))

    assert ended.by == "output" or ended.status != 0
    assert sum(file.stat().st_size for file in box.output.iterdir()) < 4 << 20


@WAYS
def test_feeding_ends_where_memory_does(way: Confinement, box: Sandbox) -> None:
    endless = iter(lambda: bytes(1 << 20), b"")
    assert box.sh("cat > /dev/null", way, Limits(1 << 27, 30, 1 << 20), endless).by == "input"


@WAYS
def test_whoever_reads_nothing_is_fed_nothing(way: Confinement, box: Sandbox) -> None:
    endless = iter(lambda: bytes(1 << 20), b"")
    assert box.sh("exit 0", way, feed=endless).by == "itself"


@WAYS
def test_what_feeding_raises_is_raised(way: Confinement, box: Sandbox) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise EOFError("cut short")

    with pytest.raises(EOFError, match="cut short"):
        box.sh("cat > got; sleep 60", way, feed=broken())


@WAYS
def test_processes_are_limited(way: Confinement, box: Sandbox) -> None:
    box.sh("for i in $(seq 200); do sleep 5 & echo x >> started; done", way, Limits(1 << 30, 3, 1 << 20))

    assert len(box.read("started").split()) < 100


@WAYS
def test_nothing_lives_on(way: Confinement, box: Sandbox) -> None:
    if way == LIMITS_ALONE and os.geteuid() != 0:
        pytest.skip("without walls and rights, a process can leave its group")
    mark = f"86399.{os.getpid()}"
    box.sh(f"setsid sleep {mark} & (sleep {mark} &) ; sleep 0.2", way)

    assert wait_until(lambda: not living(mark), 5)


@WAYS
def test_the_time_is_limited_even_when_we_are_killed(way: Confinement, box: Sandbox) -> None:
    need(way)
    mark = f"86398.{os.getpid()}"
    code = f"""
from pathlib import Path
from tandem.exchange import sandbox
from tandem.exchange.sandbox import Confinement, Limits
sandbox.OVERTIME_S = 0
sandbox.run(["sleep", "{mark}"], [], Path("{box.output}"), Path("{box.library}"), Limits(1 << 30, 3, 1 << 20), {way})
"""
    importer = subprocess.Popen([sys.executable, "-c", code])
    try:
        assert wait_until(lambda: living(mark), 20)
    finally:
        importer.kill()
        importer.wait()
    assert wait_until(lambda: not living(mark), 20)


def living(mark: str) -> bool:
    """Whether a process with these words in its command runs."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            if words[:2] == [b"sleep", mark.encode()]:
                return True
    return False


@WAYS
def test_closed_folders_can_be_tidied_up(way: Confinement, box: Sandbox) -> None:
    box.sh("mkdir -p a/b && touch a/b/c && chmod 000 a/b a", way)

    assert (box.output / "a" / "b" / "c").exists()
