"""Results that are files pass through scratch folders; whoever dies, none is left there."""

import gzip
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from fixtures.stack import RProcess
from tandem.states import State

#: A table of several megabytes, more than sockets hold on its way.
ROWS = 2_000_000


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """The scratch folder that R and the workers of these tests share."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def r(r_library, small_experiment, tmp_path_factory, scratch):
    service = RProcess(r_library, small_experiment, tmp_path_factory.mktemp("r") / "r.log", scratch=scratch)
    service.start()
    service.wait_until_ready()
    yield service
    service.stop()


@pytest.fixture
def stack(make_stack, redis_server, r, scratch):
    made = make_stack(redis_server.port, r.url)
    made.environment["TANDEM_SCRATCH"] = str(scratch)
    return made


def written(scratch):
    """What analyses have left: all but what a service itself needs as long as it lives."""
    files = [path for path in scratch.rglob("*") if path.is_file()]
    return [path for path in files if path.name != "lock" and "generations" not in path.parts]


def tables(scratch):
    """What analyses have written so far and not yet answered."""
    return [path for path in scratch.glob("*/requests/*/tmp/**/*") if path.is_file() and path.stat().st_size > 10_000]


def analyses_at_work(scratch):
    """The processes of analyses whose R service has this scratch folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            ours = f"TANDEM_SCRATCH={scratch}\0".encode() in (process / "environ").read_bytes()
            if ours and (process / "comm").read_text() == "tandem-child\n":
                found.append(int(process.name))
    return found


def check_complete(stack, message, run_id, attempt, rows=ROWS):
    run = stack.wait_until_terminal(run_id, within_s=60)
    assert (run.state, run.attempt) == (State.COMPLETE, attempt)
    with stack.store.get(message["ETag"]) as stored, gzip.open(stored) as table:
        assert sum(1 for _ in table) == rows


def check_nothing_left(stack, scratch):
    stack.wait(lambda: not written(scratch), within_s=10)


def test_a_file_that_was_answered_is_gone(stack, scratch):
    message = stack.message("Export", rows=ROWS)
    run_id = stack.send(message)
    stack.start_worker()

    check_complete(stack, message, run_id, attempt=1)
    check_nothing_left(stack, scratch)


def test_a_cancelled_task_takes_its_file_along(stack, scratch):
    run_id = stack.send(stack.message("Export", rows=10_000, seconds=60))
    stack.start_worker()
    stack.wait(lambda: tables(scratch))

    stack.record.request_kill(run_id)

    assert stack.wait_until_terminal(run_id).state is State.KILLED
    check_nothing_left(stack, scratch)


def test_a_child_that_is_killed_leaves_no_file(stack, scratch):
    message = stack.message("Export", rows=10_000, seconds=2)
    run_id = stack.send(message)
    stack.start_worker()
    stack.wait(lambda: tables(scratch))

    [child] = analyses_at_work(scratch)
    os.kill(child, signal.SIGKILL)

    check_complete(stack, message, run_id, attempt=2, rows=10_000)
    check_nothing_left(stack, scratch)


@pytest.mark.parametrize("seconds", [0, 2], ids=["while the answer is read", "while R works"])
def test_a_worker_that_is_killed_leaves_no_file(stack, scratch, seconds):
    message = stack.message("Export", rows=ROWS, seconds=seconds)
    run_id = stack.send(message)
    if seconds:
        first = stack.start_worker()
        stack.wait(lambda: tables(scratch))
        first.kill()
    else:
        first = stack.start_worker(DIE_AT="amid the answer")
    assert first.wait(30) == -signal.SIGKILL

    stack.start_worker()

    check_complete(stack, message, run_id, attempt=2)
    check_nothing_left(stack, scratch)


def test_a_service_that_is_killed_leaves_its_files_to_the_next_to_sweep(stack, scratch, r):
    message = stack.message("Export", rows=10_000, seconds=2)
    run_id = stack.send(message)
    stack.start_worker()
    stack.wait(lambda: tables(scratch))

    r.kill()
    stack.wait(lambda: not analyses_at_work(scratch))
    [left] = scratch.glob("tandem-*")
    assert tables(scratch), "it had no time to clean up"
    r.start()

    check_complete(stack, message, run_id, attempt=2, rows=10_000)
    assert not left.exists()
    check_nothing_left(stack, scratch)


def test_a_worker_that_is_told_to_end_leaves_no_file(stack, scratch):
    message = stack.message("Export", rows=10_000, seconds=3)
    run_id = stack.send(message)
    first = stack.start_worker(TANDEM_GRACE="1")
    stack.wait(lambda: tables(scratch))

    first.terminate()
    assert first.wait(15) == 0
    check_nothing_left(stack, scratch)
    stack.start_worker()

    check_complete(stack, message, run_id, attempt=1, rows=10_000)
    check_nothing_left(stack, scratch)
