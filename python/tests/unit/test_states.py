"""States and their moves."""

import pytest

from tandem.states import State, may_become

TERMINAL = {State.COMPLETE, State.FAILED, State.KILLED, State.EXPIRED}


@pytest.mark.parametrize("state", State)
def test_a_state_is_terminal_exactly_when_nothing_follows_it(state):
    assert state.terminal == (state in TERMINAL)
    assert state.terminal == (not any(may_become(state, then) for then in State))


def test_a_retry_goes_back_to_the_queue():
    assert may_become(State.RUNNING, State.QUEUED)


def test_nothing_is_complete_that_never_ran():
    assert not may_become(State.QUEUED, State.COMPLETE)
