"""What the embedded queue promises beyond every queue: its file, its clock, its dead, its speed of hearing."""

import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tandem.errors import LeaseLost, QueueUnavailable
from tandem.queues import sqlite_file
from tandem.queues.base import Message
from tandem.queues.sqlite import SqliteQueue

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "q.sqlite"


@pytest.fixture
def queue(path: Path) -> Iterator[SqliteQueue]:
    with closing(SqliteQueue(path, "one", 30)) as queue:
        yield queue


def test_queues_of_one_file_do_not_see_each_other(queue: SqliteQueue, path: Path) -> None:
    queue.send("mine", deduplication_id="same")
    with closing(SqliteQueue(path, "two", 30)) as other:
        assert other.receive(10, 0) == []
        other.send("theirs", deduplication_id="same")
        assert [lease.body for lease in other.receive(10, 0)] == ["theirs"]
    assert [lease.body for lease in queue.receive(10, 0)] == ["mine"]


def test_only_the_owner_may_read_the_file(queue: SqliteQueue, path: Path) -> None:
    queue.send("Bearer x")
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {
        "q.sqlite": "0o600",
        "q.sqlite-wal": "0o600",
        "q.sqlite-shm": "0o600",
    }


def test_many_may_open_the_file_for_the_first_time_at_once(path: Path) -> None:
    code = f"""
        from pathlib import Path
        from tandem.queues.sqlite import SqliteQueue
        SqliteQueue(Path({str(path)!r}), "one", 30).send("here")
    """
    several = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=ENVIRONMENT) for _ in range(6)]
    assert [process.wait(30) for process in several] == [0] * 6
    with closing(SqliteQueue(path, "one", 30)) as queue:
        assert queue.depth().waiting == 6


def test_a_message_from_another_process_is_heard_within_some_milliseconds(queue: SqliteQueue, path: Path) -> None:
    code = f"""
        import sys, time
        from pathlib import Path
        from tandem.queues.sqlite import SqliteQueue
        queue = SqliteQueue(Path({str(path)!r}), "one", 30)
        for number in range(9):
            time.sleep(0.1)
            queue.send(repr(time.monotonic()), group=str(number))
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=ENVIRONMENT):
        delays = []
        for _ in range(9):
            (lease,) = queue.receive(1, 20)
            delays.append(time.monotonic() - float(lease.body))
    assert sorted(delays)[4] < 0.02


def test_waiting_costs_next_to_nothing(queue: SqliteQueue) -> None:
    before = time.thread_time()
    queue.receive(1, 2)
    assert (time.thread_time() - before) / 2 < 0.05


def test_setting_the_wall_clock_neither_ends_a_lease_nor_stretches_it(
    queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.send("a")
    (lease,) = queue.receive(1, 0)
    monkeypatch.setattr("tandem.queues.sqlite.time", lambda: time.time() + 86_400)
    assert queue.receive(1, 0) == []
    monkeypatch.setattr("tandem.queues.sqlite.time", lambda: time.time() - 86_400)
    queue.acknowledge(lease)


def test_a_deduplication_id_from_the_future_does_not_hold_for_ever(
    queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tandem.queues.sqlite.time", lambda: time.time() + 86_400)
    queue.send("a", deduplication_id="x")
    monkeypatch.undo()
    queue.send("a", deduplication_id="x")
    assert queue.depth().waiting == 2


def steps_of_a_send(queue: SqliteQueue) -> int:
    """How many steps SQLite's machine takes for it."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    queue._file.set_progress_handler(count, 1)
    queue.send("one more", deduplication_id="one more")
    queue._file.set_progress_handler(None, 1)
    return steps


def test_sending_costs_the_same_however_much_was_sent_lately(queue: SqliteQueue, path: Path) -> None:
    queue.send_all([Message(str(number), str(number), str(number)) for number in range(2000)])
    with closing(SqliteQueue(path.with_name("other.sqlite"), "work", 30)) as fresh:
        assert steps_of_a_send(queue) < 2 * steps_of_a_send(fresh)


def test_a_restart_of_the_machine_ends_every_lease(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteQueue(path, "one", 1e9)) as before:
        before.send("a")
        (lease,) = before.receive(1, 0)
    monkeypatch.setattr(sqlite_file, "_boot", lambda: "the next one")
    with closing(SqliteQueue(path, "one", 30)) as after:
        with pytest.raises(LeaseLost):
            after.acknowledge(lease)
        assert [again.receive_count for again in after.receive(1, 0)] == [2]


def test_a_dead_letter_is_kept_with_its_reason(queue: SqliteQueue, path: Path) -> None:
    message_id = queue.send("poison", group="g", attributes={"Other": "this"})
    (lease,) = queue.receive(1, 0)
    queue.dead_letter(lease, "it kills R")
    with closing(sqlite3.connect(path)) as file:
        (dead,) = file.execute("SELECT message_id, body, reason, message_group FROM dead").fetchall()
    assert dead == (message_id, "poison", "it kills R", "g")
    assert (queue.depth().waiting, queue.depth().dead) == (0, 1)


def test_a_file_that_is_no_queue_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "q.sqlite").write_bytes(b"these are not the bytes of a database" * 100)
    with pytest.raises(QueueUnavailable, match="not a database"):
        SqliteQueue(tmp_path / "q.sqlite", "one", 30)


def test_a_write_that_fails_changes_nothing_and_the_queue_goes_on(queue: SqliteQueue) -> None:
    queue.send("a")
    queue._file.execute("PRAGMA max_page_count = 1")
    with pytest.raises(QueueUnavailable, match="full"):
        queue.send("x" * 10_000_000)
    assert queue.depth().waiting == 1
    queue._file.execute("PRAGMA max_page_count = 1000000")
    queue.send("b")
    assert [lease.body for lease in queue.receive(10, 0)] == ["a", "b"]
