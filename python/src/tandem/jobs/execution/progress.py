"""How far a program says it is, in the file that it may write."""

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tandem.text import one_line

#: Characters of what it says that are read, and that are kept.
READ_LENGTH, LENGTH = 1000, 200
#: Seconds between looks.
LOOK_S = 0.5

STEPS = re.compile(r"\s*(\d{1,15})\s*/\s*(\d{1,15})(?:\s+(.*))?$", re.DOTALL)


@dataclass(frozen=True)
class Progress:
    """Words, and which step of how many."""

    message: str
    step: int | None = None
    total: int | None = None


class ProgressFile:
    """`3/10 words`, or words alone."""

    def __init__(self, path: Path, owner: int) -> None:
        self._path, self._owner = path, owner
        self._last: Progress | None = None

    def news(self) -> Progress | None:
        """What it says now, if that is not what it said before."""
        text = self._read()
        now = parsed(text) if text is not None else None
        if now is None or now == self._last:
            return None
        self._last = now
        return now

    def _read(self) -> str | None:
        """The text; nothing of a file that belongs to others, to which the program may have laid a link."""
        with suppress(OSError):
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                facts = os.fstat(handle)
                if stat.S_ISREG(facts.st_mode) and facts.st_uid == self._owner:
                    return os.read(handle, READ_LENGTH).decode(errors="replace")
            finally:
                os.close(handle)
        return None


def parsed(text: str) -> Progress | None:
    """The progress that a text tells of, if it tells of any."""
    found = STEPS.match(text)
    if found:
        return Progress(one_line(found[3] or "", LENGTH), int(found[1]), int(found[2]))
    words = one_line(text, LENGTH)
    return Progress(words) if words else None
