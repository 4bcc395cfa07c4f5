"""A wish that a run ends, which any thread may have."""

import os
from contextlib import suppress
from typing import Literal

Reason = Literal["kill", "shutdown"]


class Stop:
    """Asked for once or more; wakes whoever waits for the run. A kill is stronger than a shutdown."""

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def ask(self, reason: Reason) -> None:
        """Let the run end, for this reason."""
        if self.reason != "kill":
            self.reason = reason
        os.eventfd_write(self._bell, 1)

    def fileno(self) -> int:
        """What can be read as soon as somebody has asked."""
        return self._bell

    def heard(self) -> Reason | None:
        """The reason, if anybody has asked; from now on the bell rings for the next wish only."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._bell)
        return self.reason

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            os.close(self._bell)
