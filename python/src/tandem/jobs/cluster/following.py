"""What the program in a pod says, followed by a thread: kept in the log file, and held for whoever asks for news."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from tandem.errors import ClusterUnavailable
from tandem.jobs.execution.output import BLOCK_BYTES, FIRST_LINES, LAST_LINES, CappedFile, LogLine, left_out, tidy

log = logging.getLogger(__name__)

#: Seconds until a log that broke off is asked for again.
AGAIN_S = 1.0
#: Seconds that it is asked to begin earlier then, for clocks differ.
OVERLAP_S = 60


class Following:
    """Both streams come as one. What was heard before, by this runner or the one before it, is not handed on again."""

    def __init__(self, ask: Callable[[int | None], HTTPResponse], path: Path, heard_until: datetime | None) -> None:
        self._ask, self._heard_until = ask, heard_until
        self._file = CappedFile(path)
        #: The time of the last line, and of the last one before the log was asked for again.
        self._last_at: datetime | None = None
        self._old: datetime | None = None
        self._news: list[LogLine] = []
        self._lock = threading.Lock()
        #: The program has ended. Until then a log that breaks off is asked for again.
        self._is_last = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._follow, name="following", daemon=True)
        self._thread.start()

    def news(self) -> list[LogLine]:
        """The lines since the last time; of very many the first and the last."""
        with self._lock:
            found, self._news = self._news, []
        beyond = len(found) - FIRST_LINES - LAST_LINES
        if beyond <= 0:
            return found
        gap = LogLine("stdout", found[FIRST_LINES].at, left_out(beyond))
        return [*found[:FIRST_LINES], gap, *found[-LAST_LINES:]]

    def ask_once_more(self) -> None:
        """The program has ended: what is there now is all."""
        self._is_last.set()

    def end(self, wait_s: float) -> None:
        """Wait a while for the last words, then put the file in its place."""
        self._is_last.set()
        self._thread.join(wait_s)
        with self._lock:
            self._ended = True
            self._file.end()
            self._file.close()

    def _follow(self) -> None:
        while not self._ended:
            is_last = self._is_last.is_set()
            try:
                self._read(self._ask(self._since_s()))
            except (ClusterUnavailable, HTTPError) as error:
                log.info("the log breaks off: %s", error)
            # A log may end before the program does, as when a node's service begins anew.
            if is_last:
                return
            self._is_last.wait(AGAIN_S)

    def _since_s(self) -> int | None:
        """Of how many last seconds the log is wanted; None for all of it."""
        if self._last_at is None:
            return None
        return int((datetime.now(UTC) - self._last_at).total_seconds()) + OVERLAP_S

    def _read(self, answer: HTTPResponse) -> None:
        rest, self._old = b"", self._last_at
        try:
            for block in answer.stream(BLOCK_BYTES):
                whole, end, rest = (rest + block).rpartition(b"\n")
                if end:
                    self._take(whole.split(b"\n"))
            if rest:
                self._take([rest])
        finally:
            answer.close()

    def _take(self, lines: list[bytes]) -> None:
        """Lines, of which those that were there when the log was asked for again come once more."""
        with self._lock:
            for line in lines:
                at, said = _parts(line)
                if self._ended or (self._old is not None and at <= self._old):
                    continue
                self._last_at, texts = at, tidy(said)
                self._file.write(texts, at)
                if self._heard_until is None or at > self._heard_until:
                    self._news += [LogLine("stdout", at, text) for text in texts]


def _parts(line: bytes) -> tuple[datetime, bytes]:
    """The time of a line and what was said. What the cluster itself has to say of a log has no time."""
    told, _, said = line.partition(b" ")
    try:
        return datetime.fromisoformat(told.decode()).astimezone(UTC), said
    except ValueError:
        return datetime.now(UTC), line
