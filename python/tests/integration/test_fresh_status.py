"""The status file is touched as long as a process gets on, whatever it works on: probes look at its age."""

import os
import time
from pathlib import Path

from fixtures.runner import Runners
from fixtures.stack import Stack

LONG_AGO = 1_000_000.0
#: The labels are looked at every five seconds.
LOOK_S = 15.0


def wait_until_touched(place: Stack | Runners, file: Path) -> None:
    """Let the file be old, and wait until it is not."""
    os.utime(file, (LONG_AGO, LONG_AGO))
    place.wait(lambda: time.time() - file.stat().st_mtime < LOOK_S, within_s=LOOK_S)


def test_a_worker_that_has_nothing_to_do(workers: Stack):
    workers.start_worker()
    workers.wait(lambda: workers.status() == "ready")
    wait_until_touched(workers, workers.folder / "status.json")


def test_a_worker_that_waits_for_an_experiment(workers: Stack, tmp_path: Path):
    del workers.environment["EXPERIMENT_ID"]
    (tmp_path / "labels").write_text('type="worker"\n')
    workers.start_worker(TANDEM_LABELS=str(tmp_path / "labels"))
    workers.wait(lambda: workers.status() == "waiting")
    wait_until_touched(workers, workers.folder / "status.json")


def test_a_runner_that_is_busy(one_runner: Runners):
    job = one_runner.submit("sleep", "60")
    one_runner.running(job.run_id)
    wait_until_touched(one_runner, one_runner.folder / "runner-0.json")
    one_runner.running(job.run_id)
