"""Wait until jobs have ended."""

import math
import time
from collections.abc import Callable

from tandem.client.views import View, display
from tandem.errors import StillOpen

#: Seconds between two looks: short at first, since many jobs are.
FIRST_S, LONGEST_S = 0.05, 1.0
SLOWER = 1.3
#: Seconds for which a gateway may be away while somebody waits for a job.
PATIENCE_S = 120.0


def wait_until_ended(look: Callable[[], View], *, timeout: float | None, quiet: bool) -> None:
    """Look again and again. StillOpen when the time is over."""
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    pause = FIRST_S
    with display(quiet=quiet) as show:
        while True:
            view = look()
            show(view)
            if view.ended:
                return
            left = deadline - time.monotonic()
            if left <= 0:
                raise StillOpen(what=view.label, state=view.words, seconds=timeout)
            time.sleep(min(pause, left))
            pause = min(pause * SLOWER, LONGEST_S)
