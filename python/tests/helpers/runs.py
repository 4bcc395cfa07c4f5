"""Running programs as a runner does, with everything that they say kept."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Ending, Launch, Limits, carry_out
from tandem.jobs.execution.output import LogLine
from tandem.jobs.execution.stop import Stop
from tandem.jobs.execution.walls import Way, works

WAYS: tuple[Way, ...] = ("bubblewrap", "namespaces", "process group")


class Heard:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.calls: list[list[LogLine]] = []
        self.progresses: list[tuple[str, int | None, int | None]] = []
        self.has_spoken = threading.Event()

    def lines(self, lines: Sequence[LogLine]) -> None:
        self.calls.append(list(lines))
        self.has_spoken.set()

    def progress(self, message: str, step: int | None, total: int | None) -> None:
        self.progresses.append((message, step, total))

    @property
    def texts(self) -> list[str]:
        """All lines that have ended."""
        return [line.text for call in self.calls for line in call if not line.passing]


class Runs:
    """Runs of one test, in one folder and behind one kind of walls."""

    def __init__(self, place: Path, way: Way) -> None:
        if not works(way):
            pytest.skip(f"the kernel allows no {way} here")
        self.way, self.stop, self.heard = way, Stop(), Heard()
        self.folder = RunFolder.make(place / "run")

    def launch(self, *argv: str, job_id: str = "job-1", **wishes: object) -> Launch:
        limits = {"cpus": 1, "memory_bytes": 500 << 20, "disk_bytes": 50 << 20, "time_s": 30.0, "grace_s": 0.5}
        limits |= {name: wishes.pop(name) for name in list(wishes) if name in limits}
        return Launch(job_id, argv, self.folder, wishes.pop("environment", {}), Limits(**limits), **wishes)

    def run(self, *argv: str, **wishes: object) -> Ending:
        """A command, to its end."""
        return carry_out(self.launch(*argv, **wishes), self.way, self.stop, self.heard)

    def sh(self, script: str, **wishes: object) -> Ending:
        """A shell script, to its end."""
        return self.run("sh", "-c", script, **wishes)

    def sh_until(
        self, script: str, moment: Callable[[], object], act: Callable[[], object], **wishes: object
    ) -> Ending:
        """A shell script, in the course of which something is done at a certain moment."""

        def wait() -> None:
            while not moment():
                time.sleep(0.005)
            act()

        threading.Thread(target=wait, daemon=True).start()
        return self.sh(script, **wishes)

    def says(self, text: str) -> Callable[[], bool]:
        """Whether a line has been heard."""
        return lambda: text in self.heard.texts

    def log(self, name: str = "stdout") -> list[str]:
        """The lines of a log, without their times."""
        return [line.partition(" ")[2] for line in (self.folder.logs / f"{name}.txt").read_text().splitlines()]


def running(word: str) -> list[int]:
    """The processes whose command line holds a word."""
    found = []
    for entry in os.scandir("/proc"):
        with suppress(OSError):
            if entry.name.isdigit() and word.encode() in Path(entry.path, "cmdline").read_bytes():
                found.append(int(entry.name))
    return found
