"""The machine's clock is set while tasks run: how long somebody waits was settled when they asked."""

import time

import pytest

from tandem.states import State

#: By how much it is set, in seconds.
DAY = 24 * 3600


@pytest.fixture
def clock(tmp_path):
    """How wrong the workers' clock is: the file that says so."""
    return tmp_path / "clock"


def set_clock(clock, seconds):
    draft = clock.with_suffix(".new")
    draft.write_text(str(seconds))
    draft.rename(clock)


@pytest.mark.promise(31)
@pytest.mark.parametrize("set_by", [DAY, -DAY], ids=["forward", "back"])
def test_a_task_under_way_goes_on_when_the_clock_is_set(stack, clock, barrier, set_by):
    run_id = stack.send(stack.message("Wait", path=str(barrier)))
    stack.start_worker(CLOCK=str(clock))
    stack.wait_until_running(run_id)

    set_clock(clock, set_by)
    time.sleep(5)  # longer than any lease
    assert stack.record.get(run_id).state is State.RUNNING
    barrier.touch()

    run = stack.wait_until_terminal(run_id)
    assert (run.state, run.attempt) == (State.COMPLETE, 1)


@pytest.mark.promise(31)
def test_a_task_that_waits_for_r_is_not_given_up_when_the_clock_is_set_forward(make_stack, redis_server, own_r, clock):
    stack = make_stack(redis_server.port, own_r.url)
    run_id = stack.send(stack.message("GetNUmis"))
    stack.start_worker(CLOCK=str(clock))
    stack.wait_until_running(run_id)

    set_clock(clock, DAY)
    time.sleep(3)  # it looks at R some times
    own_r.start()

    run = stack.wait_until_terminal(run_id, within_s=60)
    assert (run.state, run.attempt) == (State.COMPLETE, 1), run


@pytest.mark.promise(31)
def test_a_task_that_waits_for_r_ends_in_its_time_though_the_clock_is_set_back(make_stack, redis_server, own_r, clock):
    stack = make_stack(redis_server.port, own_r.url)
    stack.start_worker(CLOCK=str(clock))
    stack.wait(lambda: stack.status() == "ready")
    run_id = stack.send(stack.message("GetNUmis", expires_in_s=15))
    stack.wait_until_running(run_id)

    set_clock(clock, -DAY)

    run = stack.wait_until_terminal(run_id, within_s=60)
    assert (run.state, run.error_code) == (State.FAILED, "TASK_TIMEOUT"), run
