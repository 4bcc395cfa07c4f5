"""The dataset's file is changed under the service: no answer of the old data under a new name."""

import os
import shutil
import signal
from contextlib import suppress

import pytest

from fixtures.stack import EXPERIMENT, LOAD_S, RProcess, wait_for
from helpers.killer import descendants
from tandem.states import State


@pytest.fixture
def data(tmp_path, small_experiment):
    return shutil.copytree(small_experiment, tmp_path / "data")


@pytest.fixture
def changing(make_stack, redis_server, r_library, data, tmp_path):
    """The executor on a copy of the data that the test may change; it has answered once."""
    r = RProcess(r_library, data, tmp_path / "r.log")
    r.start()
    r.wait_until_ready()
    stack = make_stack(redis_server.port, r.url)
    assert len(ask(stack)) == 80
    yield stack
    r.stop()


def ask(stack):
    """The values of the cells that are there."""
    message = stack.message("GetNUmis")
    assert stack.ear is not None
    stack.send(message)
    if not stack.workers:
        stack.start_worker(BAD_FILE_S="8")
    return [value for value in stack.wait_for_answer(message["ETag"]) if value is not None]


@pytest.mark.promise(7)
def test_a_request_sent_after_a_change_is_answered_from_the_new_file(changing, data):
    shutil.copy(data / EXPERIMENT / "r-smaller.rds", data / EXPERIMENT / "r.rds")

    assert len(ask(changing)) == 79


@pytest.mark.promise(7)
def test_a_file_that_arrives_in_pieces_is_answered_when_it_is_whole(changing, data):
    whole = (data / EXPERIMENT / "r-smaller.rds").read_bytes()
    (data / EXPERIMENT / "r.rds").write_bytes(whole[: len(whole) // 2])
    message = changing.message("GetNUmis")
    run_id = changing.send(message)
    changing.wait_until_running(run_id)
    with (data / EXPERIMENT / "r.rds").open("ab") as file:
        file.write(whole[len(whole) // 2 :])

    values = changing.wait_for_answer(message["ETag"])
    assert len([value for value in values if value is not None]) == 79


@pytest.mark.promise(7)
def test_a_file_that_stays_unreadable_is_said_to_be_so_and_mended_by_a_sound_one(changing, data):
    (data / EXPERIMENT / "r.rds").write_bytes(b"garbage")
    run_id = changing.send(changing.message("GetNUmis"))

    run = changing.wait_until_terminal(run_id)
    assert (run.state, run.error_code) == (State.FAILED, "DATASET_UNREADABLE")

    shutil.copy(data / EXPERIMENT / "r-smaller.rds", data / EXPERIMENT / "r.rds")
    assert len(ask(changing)) == 79


@pytest.mark.promise(2)
def test_a_process_killed_while_it_loads_is_no_fault_of_the_file(make_stack, redis_server, own_r):
    own_r.start()
    wait_for(lambda: "Loading generation" in own_r.log(), LOAD_S, own_r.log)
    for process in descendants(own_r.process.pid):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    wait_for(lambda: "cannot be loaded" in own_r.log() or "loaded again" in own_r.log(), LOAD_S, own_r.log)

    own_r.wait_until_ready()

    stack = make_stack(redis_server.port, own_r.url)
    run_id = stack.send(stack.message("GetNUmis"))
    stack.start_worker()
    assert stack.wait_until_terminal(run_id).state is State.COMPLETE
