"""A SIGKILL at any moment neither loses a message of the embedded queue nor doubles one."""

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from tandem.queues.sqlite import SqliteQueue

KILLS = 100


def test_a_hundred_kills_leave_the_accounts_balanced(tmp_path: Path) -> None:
    seed = time.time_ns() % 10**6
    subprocess.run(
        [sys.executable, Path(__file__).with_name("queue_worker.py"), tmp_path, str(KILLS), str(seed)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
        timeout=60,
    )
    with closing(sqlite3.connect(tmp_path / "q.sqlite")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    steps: dict[str, Counter[str]] = {step: Counter() for step in "sSaA"}
    for account in tmp_path.glob("account-*"):
        for line in account.read_text().splitlines():
            steps[line[0]][line[2:]] += 1
    sending, sent, acknowledging, acknowledged = (set(steps[step]) for step in "sSaA")
    assert len(acknowledged) > 10, f"too little was done (seed {seed})"

    left = drained(tmp_path / "q.sqlite")
    assert left.keys() <= sending
    assert [body for body, times in left.items() if times > 1] == [], f"doubled (seed {seed})"
    assert [body for body, times in steps["A"].items() if times > 1] == [], f"done twice (seed {seed})"
    assert sent - left.keys() - acknowledging == set(), f"lost (seed {seed})"
    assert left.keys() & acknowledged == set(), f"came back (seed {seed})"


def drained(path: Path) -> Counter[str]:
    """How often each message is still in the queue, read as a worker reads them."""
    found: Counter[str] = Counter()
    with closing(SqliteQueue(path, "killed", 30)) as queue:
        while leases := queue.receive(10, 0.5):
            for lease in leases:
                found[lease.body] += 1
                queue.acknowledge(lease)
    return found
