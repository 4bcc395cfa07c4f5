"""What the meter takes for the memory of a run."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.platform import wait_until
from tandem.jobs.execution.limits import Limits
from tandem.jobs.execution.meter import Meter
from tandem.jobs.execution.processes import Process

LIMITS = Limits(cpus=1, memory_bytes=100_000_000, disk_bytes=1 << 30, time_s=60, grace_s=1)


class Seen:
    """Processes as they were a moment ago."""

    def __init__(self, *processes: Process) -> None:
        self.processes = processes

    def members(self) -> list[Process]:
        return list(self.processes)


@pytest.fixture
def small_process() -> Iterator[int]:
    process = subprocess.Popen(["sleep", "60"])
    # Just begun, it has no page yet.
    assert wait_until(lambda: Path(f"/proc/{process.pid}/statm").read_text().split()[1] != "0", 5)
    yield process.pid
    process.kill()
    process.wait()


def test_a_process_seen_while_it_still_had_our_memory_is_not_held_to_it(small_process: int, tmp_path: Path):
    as_forked = Process(small_process, parent=1, session=1, is_dead=False, cpu_s=0.0, resident=200_000_000)
    meter = Meter(Seen(as_forked), None, tmp_path, LIMITS)
    assert meter.look(meter.due) is None
    assert 0 < meter.peak_bytes() < 10_000_000
