"""How a process that waits for the network ends."""

import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from tandem.errors import TandemError

#: What shells say of a program that a person has interrupted.
INTERRUPTED = 130


def run(main: Callable[[], int], log: logging.Logger) -> NoReturn:
    """Run to the end. What goes wrong is told in a sentence; threads that wait may not hold up the end: what they hold
    comes back by its lease."""
    try:
        code = main()
    except TandemError as error:
        log.error("%s", error)  # noqa: TRY400  # the sentence is enough
        code = error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)
