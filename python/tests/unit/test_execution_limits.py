"""What holds a run to its limits, and how it is looked after, without any process."""

import stat
from pathlib import Path

import pytest

from tandem.jobs.execution import cgroup, walls
from tandem.jobs.execution import meter as meter_module
from tandem.jobs.execution.cgroup import Cgroup
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.limits import Limits
from tandem.jobs.execution.meter import Meter, bytes_in
from tandem.jobs.execution.processes import Process, descendants
from tandem.jobs.execution.stop import Stop
from tandem.jobs.execution.verdict import wanted_memory
from tandem.jobs.execution.walls import Enclosure

LIMITS = Limits(cpus=0.5, memory_bytes=1000, disk_bytes=1 << 20, time_s=1, grace_s=1)


def process(pid: int, parent: int, *, resident: int = 0, cpu_s: float = 0.0) -> Process:
    return Process(pid, parent, session=pid, is_dead=False, cpu_s=cpu_s, resident=resident)


@pytest.fixture
def hierarchy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands in for a hierarchy with all controllers: such a one cannot be had everywhere."""
    monkeypatch.setattr(cgroup, "_parent", lambda: tmp_path)
    return tmp_path


def test_a_control_group_is_told_the_limits(hierarchy: Path) -> None:
    group = Cgroup.make("job-1", LIMITS)

    told = {file.name: file.read_text() for file in group.place.iterdir()}
    assert told == {
        "memory.max": "1000",
        "memory.swap.max": "0",
        "cpu.max": "50000 100000",
        "pids.max": "512",
    }
    assert Cgroup(group.place).has_memory


def test_a_control_group_tells_what_was_used(hierarchy: Path) -> None:
    group = Cgroup.make("job-1", LIMITS)
    (group.place / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1000000\n")
    (group.place / "memory.peak").write_text("900\n")
    assert (group.cpu_s, group.peak_bytes, group.ran_out_of_memory) == (1.5, 900, False)

    (group.place / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert group.ran_out_of_memory


def test_where_no_group_may_be_made_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "_parent", lambda: None)
    assert Cgroup.make("job-1", LIMITS) is None


def test_the_line_of_parents_leads_to_all_that_came_of_a_process() -> None:
    family = [process(2, 1), process(3, 2), process(4, 3), process(5, 1)]
    assert {one.pid for one in descendants(2, {one.pid: one for one in family})} == {3, 4}


class Family:
    """Processes as the test wants them."""

    def __init__(self, *processes: Process) -> None:
        self.processes = list(processes)

    def members(self) -> list[Process]:
        return self.processes


def test_the_peak_stays_and_the_time_of_the_dead_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = Family(process(2, 1, resident=900, cpu_s=2.0))
    monkeypatch.setattr(meter_module, "look_at", lambda pid: {one.pid: one for one in family.processes}[pid])
    meter = Meter(family, None, tmp_path, LIMITS)
    assert meter.look(meter.due) is None
    family.processes = [process(3, 1, resident=100, cpu_s=0.5)]
    assert meter.look(meter.due) is None
    assert (meter.peak_bytes(), meter.cpu_s(0.1)) == (900, 2.5)

    family.processes = [process(3, 1, resident=1001)]
    assert meter.look(meter.due) == "memory"


def test_what_is_linked_does_not_count_as_written(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "much").write_bytes(bytes(1 << 20))
    (tmp_path / "run" / "link").symlink_to(tmp_path / "much")
    (tmp_path / "run" / "folder").symlink_to(tmp_path)
    (tmp_path / "run" / "file").write_bytes(bytes(8192))
    assert 8192 <= bytes_in(tmp_path / "run") < 30_000


def test_a_kill_is_stronger_than_a_shutdown() -> None:
    stop = Stop()
    assert stop.heard() is None
    stop.ask("kill")
    stop.ask("shutdown")
    assert stop.heard() == "kill"


@pytest.mark.parametrize(
    ("words", "is_memory"),
    [
        (["Traceback:", "MemoryError"], True),
        (["numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7 GiB"], True),
        (["terminate called after throwing an instance of 'std::bad_alloc'"], True),
        (["Error: cannot allocate vector of size 7.5 Gb"], True),
        (["KeyError: 'memory'"], False),
        ([], False),
    ],
)
def test_last_words_tell_of_want_of_memory(words: list[str], is_memory: bool) -> None:
    assert wanted_memory(words) is is_memory


def test_walls_shut_what_is_hidden_and_never_the_whole_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/")
    folder = RunFolder.make(tmp_path / "run")
    within = Enclosure(folder, None, (Path("/etc"), Path("/no/such")), network=False, gpus=False, memory_bytes=1)
    words = walls.command("bubblewrap", ["true"], {}, within, None)
    shut = [words[index + 1] for index, word in enumerate(words) if word == "--tmpfs"]
    assert "/etc" in shut
    assert not {"/", "/no/such", "/usr"} & set(shut)


def test_the_files_of_the_program_are_linked_while_it_runs(tmp_path: Path) -> None:
    folder = RunFolder.make(tmp_path / "run")
    assets = tmp_path / "assets"
    assets.mkdir()
    folder.hand_over(None, assets)
    assert folder.assets.readlink() == assets
    folder.take_back()
    assert assets.exists()
    assert {part.name for part in folder.root.iterdir()} == {"inputs", "configs", "results", "logs", "home"}


def test_what_a_program_has_closed_can_be_collected(tmp_path: Path) -> None:
    folder = RunFolder.make(tmp_path / "run")
    inner = folder.results / "closed"
    inner.mkdir()
    (inner / "it").touch(mode=0o000)
    (folder.logs / "own.log").touch(mode=0o200)
    inner.chmod(0o000)
    (folder.results / "link").symlink_to("/etc")
    folder.take_back()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (inner, inner / "it", folder.logs / "own.log")]
    assert modes == [0o700, 0o400, 0o600]
