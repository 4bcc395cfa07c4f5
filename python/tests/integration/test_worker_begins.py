"""A worker that has only just begun: it ends when it is told to, and says what it was set up wrongly with."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from fixtures.stack import Stack


def hears(pid: int, number: int) -> bool:
    """Whether the process has a handler of its own for a signal."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def test_a_worker_that_is_told_to_end_while_it_opens_its_parts_ends(workers: Stack):
    worker = workers.start_worker()
    workers.wait(lambda: hears(worker.pid, signal.SIGTERM))

    worker.terminate()

    assert worker.wait(30) == 0


def test_a_setting_that_cannot_be_read_is_named_in_one_sentence():
    found = subprocess.run(
        [sys.executable, "-m", "tandem.worker"],
        env=os.environ | {"TANDEM_CONCURRENCY": "many"},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert found.returncode == 2
    assert "The setting TANDEM_CONCURRENCY cannot be 'many'" in found.stderr
    assert "Traceback" not in found.stderr
