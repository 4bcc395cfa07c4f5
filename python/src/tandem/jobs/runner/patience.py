"""Steps for which the store or the record is needed: while it is away they are tried again, for as long as a lease
lasts. A job that took hours is not to be done anew for a moment's absence."""

import logging
import select
import time
from collections.abc import Callable
from typing import TypeVar

from tandem.errors import ShuttingDown, TaskKilled, TransientError
from tandem.jobs.execution.stop import Stop
from tandem.queues.leases import Held

log = logging.getLogger(__name__)

#: Seconds until the first try after the one that failed, and at most between two; each pause is twice the one before.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0

Result = TypeVar("Result")


def patiently(step: Callable[[], Result], held: Held, stop: Stop, patience_s: float) -> Result:
    """What the step returns. Whoever is cancelled or shut down meanwhile waits no longer; LeaseLost if it is lost."""
    deadline, pause = time.monotonic() + patience_s, FIRST_PAUSE_S
    while True:
        try:
            return step()
        except TransientError as error:
            if time.monotonic() + pause > deadline:
                raise
            log.warning("%s Trying again in %g s.", error, pause)
        select.select([stop], [], [], pause)
        if stop.heard() == "kill":
            raise TaskKilled
        if stop.reason == "shutdown":
            raise ShuttingDown
        held.check_ours()
        pause = min(2 * pause, LONGEST_PAUSE_S)
