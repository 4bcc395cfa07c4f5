"""A run from its start to its end: one thread waits for whatever comes first."""

import os
import select
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from tandem.jobs.execution.limits import Limits
from tandem.jobs.execution.meter import Meter
from tandem.jobs.execution.output import GATHER_S, HAND_ON_S, LogLine, Stream
from tandem.jobs.execution.process import Process
from tandem.jobs.execution.progress import LOOK_S, ProgressFile
from tandem.jobs.execution.stop import Stop

#: Seconds that a run has for tidying up when it is killed.
KILL_GRACE_S = 0.5
#: Seconds for which what is still in the pipes is read after the end of all processes.
DRAIN_S = 0.5

By = Literal["itself", "kill", "shutdown", "time", "memory", "disk"]


class Listener(Protocol):
    """Whoever wants to know what a run says."""

    def lines(self, lines: Sequence[LogLine]) -> None:
        """What it has said since the last time."""

    def progress(self, message: str, step: int | None, total: int | None) -> None:
        """How far it is."""


class Processes(Protocol):
    """What can be asked to end, and ended."""

    def ask(self) -> None:
        """Ask all processes of the run to end."""

    def kill(self) -> None:
        """End all of them, and wait for it."""


class Course:
    """Follows one running process."""

    def __init__(
        self,
        process: Process,
        processes: Processes,
        meter: Meter,
        progress: ProgressFile,
        limits: Limits,
        stop: Stop,
        listener: Listener,
    ) -> None:
        self._process, self._processes, self._meter, self._streams = process, processes, meter, process.streams
        self._progress, self._limits, self._stop, self._listener = progress, limits, stop, listener
        self._by: By | None = None
        now = time.monotonic()
        self._deadline = now + limits.time_s
        self._kill_at = float("inf")
        self._hand_on_at, self._progress_at = now, now + LOOK_S

    def follow(self) -> By:
        """Open the gate and stay until all processes have ended; what ended them."""
        try:
            handle = os.pidfd_open(self._process.pid)
            try:
                self._by = self._stop.heard()
                if self._by is None:
                    self._process.let_go()
                    self._wait(handle)
            finally:
                os.close(handle)
        finally:
            self._processes.kill()
            self._drain()
            self._process.end()
        self._hand_on()
        self._look_at_progress()
        return self._by or "itself"

    def _drain(self) -> None:
        end = time.monotonic() + DRAIN_S
        for stream in self._streams:
            while stream.read() and time.monotonic() < end:
                pass

    def _wait(self, process: int) -> None:
        poll = select.poll()
        by_handle = {stream.handle: stream for stream in self._streams}
        for handle in (process, self._stop.fileno(), *by_handle):
            poll.register(handle, select.POLLIN)
        while True:
            pause = max(0.0, self._next() - time.monotonic())
            ready = [handle for handle, _ in poll.poll(pause * 1000 + 1)]
            for handle in ready:
                if stream := by_handle.get(handle):
                    self._listen(stream)
                    if stream.is_at_end:
                        poll.unregister(handle)
            if process in ready:
                return
            if self._stop.fileno() in ready and (reason := self._stop.heard()):
                self._end(reason, KILL_GRACE_S if reason == "kill" else self._limits.grace_s)
            if self._consider(time.monotonic()):
                return

    def _listen(self, stream: Stream) -> None:
        if not self._has_news:  # what belongs together comes in pieces
            self._hand_on_at = max(self._hand_on_at, time.monotonic() + GATHER_S)
        stream.read()

    @property
    def _has_news(self) -> bool:
        return any(stream.has_news for stream in self._streams)

    def _next(self) -> float:
        news = self._hand_on_at if self._has_news else float("inf")
        times = [self._kill_at, self._meter.due, self._progress_at, news]
        return min(times if self._by else [*times, self._deadline])

    def _consider(self, now: float) -> bool:
        """Do what is due; whether nothing more is to be waited for."""
        if now >= self._kill_at:
            return True
        if now >= self._deadline:
            self._end("time", self._limits.grace_s)
        excess = self._meter.look(now)
        if any(stream.is_full for stream in self._streams):
            excess = "disk"
        if excess and self._by is None:
            self._by = excess
            return True
        if self._has_news and now >= self._hand_on_at:
            self._hand_on()
            self._hand_on_at = time.monotonic() + HAND_ON_S
        if now >= self._progress_at:
            self._look_at_progress()
            self._progress_at = time.monotonic() + LOOK_S
        return False

    def _end(self, by: By, grace_s: float) -> None:
        if self._by is None:
            self._processes.ask()
        if self._by is None or (self._by == "shutdown" and by == "kill"):
            self._by = by
        self._kill_at = min(self._kill_at, time.monotonic() + min(grace_s, self._limits.grace_s))

    def _hand_on(self) -> None:
        lines = sorted((line for stream in self._streams for line in stream.news()), key=_at)
        if lines:
            self._listener.lines(lines)

    def _look_at_progress(self) -> None:
        now = self._progress.news()
        if now is not None:
            self._listener.progress(now.message, now.step, now.total)


def _at(line: LogLine) -> datetime:
    return line.at
