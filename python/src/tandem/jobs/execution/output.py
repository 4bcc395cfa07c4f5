"""What a program says: cleaned, stamped line by line, kept in a file of limited size and handed on as it comes."""

import os
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import IO, Literal

from tandem.durable import DISK_FULL
from tandem.jobs.execution.folder import remove

#: Bytes read at once.
BLOCK_BYTES = 1 << 16
#: Characters of a line that are kept.
LINE_LENGTH = 8000
#: Bytes of a stream that are kept, of its beginning and of its end.
HEAD_BYTES, TAIL_BYTES = 2 << 20, 2 << 20
#: Lines that are written together.
TOGETHER = 500
#: Lines handed on together, of the first that came and of the last.
FIRST_LINES, LAST_LINES = 500, 500
#: Seconds between two times that lines are handed on, and at least between the first that comes and that.
HAND_ON_S, GATHER_S = 0.25, 0.03
#: Lines that are remembered as its last words.
LAST_WORDS = 10

#: What moves the cursor of a terminal or colours its text, and other signs that are no text.
SIGNS = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)

Name = Literal["stdout", "stderr"]


@dataclass(frozen=True)
class LogLine:
    """One line that a program has said."""

    stream: Name
    at: datetime
    text: str
    #: It is not at its end yet, as of a progress bar: the next line of this stream takes its place.
    passing: bool = False


class Stream:
    """One of the two streams of a program."""

    def __init__(self, name: Name, pipe: IO[bytes], path: Path) -> None:
        self.name, self.handle, self._pipe = name, pipe.fileno(), pipe
        self.is_at_end = False
        self.last_words: deque[str] = deque(maxlen=LAST_WORDS)
        self._file = CappedFile(path)
        self._rest = b""
        self._rest_is_new = False
        self._at = datetime.now(UTC)
        self._first: list[tuple[datetime, str]] = []
        self._last: deque[tuple[datetime, str]] = deque(maxlen=LAST_LINES)
        self._skipped = 0
        os.set_blocking(self.handle, False)

    @property
    def is_full(self) -> bool:
        """Whether its file could not be written for want of room."""
        return self._file.is_full

    @property
    def has_news(self) -> bool:
        """Whether there is something to hand on."""
        return bool(self._first) or self._rest_is_new

    def read(self) -> bool:
        """Take in what is there now; whether there was anything."""
        try:
            block = os.read(self.handle, BLOCK_BYTES)
        except BlockingIOError:
            return False
        if block:
            self._take(block)
        else:
            self.is_at_end = True
        return bool(block)

    def news(self) -> list[LogLine]:
        """The lines since the last time; of very many the first and the last, and between them how many are left out.
        Of a line that is not at its end: what there is of it."""
        if self._skipped:
            self._first.append((self._at, left_out(self._skipped)))
        found = [LogLine(self.name, at, text) for at, text in (*self._first, *self._last)]
        if self._rest_is_new:
            found.append(LogLine(self.name, self._at, tidy(self._rest)[0], passing=True))
        self._first, self._skipped, self._rest_is_new = [], 0, False
        self._last.clear()
        return found

    def end(self) -> None:
        """Nothing comes any more: the last line is whole."""
        self._pipe.close()
        if self._rest:
            self._keep(tidy(self._rest))
            self._rest, self._rest_is_new = b"", False
        self._file.end()

    def close(self) -> None:
        """See that the log is in its place."""
        self._file.close()

    def _take(self, block: bytes) -> None:
        self._at = datetime.now(UTC)
        whole, end, rest = (self._rest + block).replace(b"\r\n", b"\n").rpartition(b"\n")
        if end:
            self._keep(tidy(whole))
        # A line that is begun anew again and again keeps its latest state alone, and a long one its beginning.
        returned = b"\r" * rest.endswith(b"\r")
        latest = rest.rstrip(b"\r").rpartition(b"\r")[2]
        self._rest = latest[: 4 * LINE_LENGTH] + returned
        self._rest_is_new = bool(latest)

    def _keep(self, lines: list[str]) -> None:
        self._file.write(lines, self._at)
        self.last_words.extend(lines[-LAST_WORDS:])
        room = FIRST_LINES - len(self._first)
        self._first.extend(zip(repeat(self._at), lines[:room]))
        later = lines[room:]
        self._skipped += max(0, len(self._last) + len(later) - LAST_LINES)
        self._last.extend(zip(repeat(self._at), later[-LAST_LINES:]))


class CappedFile:
    """Keeps the beginning and the end of a text that may be endless. The end is written when it is known to be it."""

    def __init__(self, path: Path) -> None:
        self.is_full = False
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._size = 0
        self._tail: deque[tuple[bytes, int]] = deque()
        self._tail_size = 0
        self._left_out = 0
        self._at = ""

    def write(self, lines: Sequence[str], at: datetime) -> None:
        """Add lines, each with the time."""
        self._at = stamp(at)
        for start in range(0, len(lines), TOGETHER):
            some = lines[start : start + TOGETHER]
            block = (f"{self._at} " + f"\n{self._at} ".join(some) + "\n").encode(errors="replace")
            if self._size < HEAD_BYTES:
                self._write(block)
            else:
                self._hold(block, len(some))

    def end(self) -> None:
        """Write the end, which is now known."""
        if self._left_out:
            self._write(f"{self._at} {left_out(self._left_out)}\n".encode())
        for block, _ in self._tail:
            self._write(block)
        self._tail.clear()

    def close(self) -> None:
        """Should the program have put something else in the file's place, or nothing, the file comes back."""
        self._restore()
        os.close(self._handle)

    def _hold(self, block: bytes, count: int) -> None:
        self._tail.append((block, count))
        self._tail_size += len(block)
        while self._tail_size - len(self._tail[0][0]) >= TAIL_BYTES:
            gone, lines = self._tail.popleft()
            self._tail_size -= len(gone)
            self._left_out += lines

    def _write(self, block: bytes) -> None:
        self._size += len(block)
        try:
            while block and not self.is_full:
                block = block[os.write(self._handle, block) :]
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            self.is_full = True

    def _restore(self) -> None:
        ours = os.fstat(self._handle)
        try:
            there = self._path.lstat()
        except OSError:
            there = None
        if there is not None and (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
            return
        if there is not None:
            remove(self._path)
        with self._path.open("xb") as file, os.fdopen(os.dup(self._handle), "rb") as own:
            own.seek(0)
            file.write(own.read())


def tidy(raw: bytes) -> list[str]:
    """The lines of a text as they would look on paper."""
    if b"\r" in raw:
        raw = b"\n".join(line.rstrip(b"\r").rpartition(b"\r")[2] for line in raw.split(b"\n"))
    lines = SIGNS.sub("", raw.decode(errors="replace")).split("\n")
    if max(map(len, lines)) > LINE_LENGTH:
        lines = [line if len(line) <= LINE_LENGTH else f"{line[:LINE_LENGTH]}…" for line in lines]
    return lines


def stamp(at: datetime) -> str:
    """The time, to the millisecond."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def left_out(count: int) -> str:
    """What stands in the place of lines that are left out."""
    return f"… {count} lines are left out here …"
