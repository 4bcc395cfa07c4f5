"""Rooms: a client that joins an experiment's hears what is addressed to it."""

from collections.abc import Callable, Sequence

#: The event by which a client joins: `emit("joinExperiment", id, joined => …)`.
JOIN = "joinExperiment"
#: How many rooms one client may be in.
ROOMS_MAX = 100

#: Whether there is such an experiment.
Known = Callable[[str], bool]


def may_join(known: Known, rooms: Sequence[str], asked: object) -> bool:
    """Whether a client in these rooms may join another one. Who may connect may see every experiment."""
    return isinstance(asked, str) and len(rooms) < ROOMS_MAX and known(asked)
