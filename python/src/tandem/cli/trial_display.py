"""What people see of a program that is tried."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.text import Text

from tandem.cli.display import console
from tandem.jobs.execution.output import LogLine
from tandem.jobs.programs.units import said_bytes

#: What ends a trial from outside: Ctrl-C, a polite end, and the terminal's.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def at_signals(act: Callable[[], object]) -> Iterator[None]:
    """Whatever would end us does this instead, so that nothing of a trial is left."""
    before = {number: signal.signal(number, lambda *_: act()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class LiveLog:
    """What a program says, as it says it; on a terminal also how far it is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = console.status("it begins") if console.is_terminal else None

    def __enter__(self) -> "LiveLog":
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def lines(self, lines: Sequence[LogLine]) -> None:
        """It has said something; a line that is not at its end stays below the others."""
        for line in lines:
            if not line.passing:
                self.say(f"{line.at:%H:%M:%S}", line.text, is_error=line.stream == "stderr")
            elif self._status:
                self._status.update(Text(line.text))

    def say(self, stamp: str, text: str, *, is_error: bool) -> None:
        """One line."""
        shown = Text(text, style="yellow" if is_error else "")
        self._console.print(Text(stamp, style="dim"), shown, soft_wrap=True)

    def progress(self, message: str, step: int | None, total: int | None) -> None:
        """It has told how far it is."""
        words = f"{step}/{total} {message}".rstrip() if step is not None else message
        if self._status:
            self._status.update(Text(words))


def show_files(files: Sequence[tuple[str, int]]) -> None:
    """Files and their sizes."""
    if not files:
        console.print(Text("It has made no results.", style="dim"))
    width = max((len(path) for path, _ in files), default=0)
    for path, size in files:
        console.print(Text(f"{path:<{width}} "), Text(said_bytes(size), style="dim"), soft_wrap=True)
