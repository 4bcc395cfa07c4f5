"""How long to wait until something is tried again."""

import random

#: Pauses between tries grow up to this, in seconds, by so many doublings at the most.
LAST_PAUSE_S, DOUBLINGS = 30.0, 5


def pause_s(tries: int) -> float:
    """Seconds until the next try: 1, 2, 4 ... with jitter."""
    return min(LAST_PAUSE_S, 2.0 ** min(tries - 1, DOUBLINGS)) * random.uniform(0.5, 1.0)  # noqa: S311  # jitter, no secret
