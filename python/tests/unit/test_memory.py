"""How much memory there is, and what processes hold of it."""

import os
import subprocess
import sys
from pathlib import Path

from tandem.local import memory

HOLDER = "import subprocess, sys; held = bytearray(b'x' * (30 << 20)); print('held', flush=True); sys.stdin.read()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDER!r}])"


def test_the_memory_of_a_process_and_of_its_children_is_counted():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        held = memory.held_by([process.pid, process.pid])
        process.communicate()
    assert 30 << 20 < held < 90 << 20


def test_a_process_that_is_gone_holds_nothing():
    assert memory.held_by([0, 2**22 + 1]) == 0


def test_the_budget_is_a_part_of_the_memory_there_is():
    assert 0 < memory.default_budget() < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_the_limit_of_a_control_group_above_ours_counts_too(tmp_path: Path):
    groups = tmp_path / "cgroup"
    groups.write_text("4:cpu,memory:/a/b\n0::/c/d\n")
    limits = {
        "memory/a/memory.limit_in_bytes": "300",
        "memory/a/b/memory.limit_in_bytes": "9223372036854771712",
        "c/memory.max": "200",
        "c/d/memory.max": "max",
    }
    for name, limit in limits.items():
        path = tmp_path / "fs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{limit}\n")
    assert {200, 300} <= set(memory.group_limits(groups, tmp_path / "fs"))


def test_what_an_experiment_needs_grows_with_its_files(tmp_path: Path):
    assert memory.estimate(tmp_path) == memory.BASE_BYTES
    (tmp_path / "r.rds").write_bytes(bytes(1 << 20))
    from_dataset = memory.estimate(tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "object.rds").write_bytes(bytes(1 << 20))
    assert memory.BASE_BYTES < memory.estimate(tmp_path) < from_dataset
