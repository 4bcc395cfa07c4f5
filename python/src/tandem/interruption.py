"""However a person or a system ends a command, it ends as by Ctrl-C: tidily."""

import signal
from types import FrameType


def end_like_ctrl_c() -> None:
    """Let the signals that ask a process to end raise KeyboardInterrupt."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
