"""The states of a run and the moves between them."""

from enum import StrEnum


class State(StrEnum):
    """Where a task or job stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    KILLED = "KILLED"
    EXPIRED = "EXPIRED"

    @property
    def terminal(self) -> bool:
        """A terminal state never changes."""
        return self not in MOVES


#: What each state may become; a retry is RUNNING -> QUEUED. A state without an entry is terminal.
MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.FAILED, State.KILLED, State.EXPIRED}),
    State.RUNNING: frozenset({State.QUEUED, State.COMPLETE, State.FAILED, State.KILLED, State.EXPIRED}),
}

#: The states of a run that is under way.
OPEN = tuple(MOVES)


def may_become(now: State, then: State) -> bool:
    """Whether a run in state `now` may move to `then`."""
    return then in MOVES.get(now, frozenset())
