"""A worker that has only just begun ends when it is told to."""

import signal
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
