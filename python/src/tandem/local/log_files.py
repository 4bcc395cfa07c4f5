"""The logs of the parts, as people read them."""

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

#: How often a followed log is looked at, in seconds.
LOOK_S = 0.2
#: The end of a log is read in such blocks, and never more of it than this, in bytes.
BLOCK_BYTES, LONGEST_END = 1 << 16, 16 << 20


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, set off for a message."""
    return "".join(f"\n    {line}" for line in last_lines(log, lines)) or "\n    (it is empty)"


def last_lines(log: Path, lines: int) -> list[str]:
    """The end of a log; nothing if there is none."""
    if not log.is_file() or lines < 1:
        return []
    with log.open("rb") as file:
        return _end_of(file, lines).decode(errors="replace").splitlines()[-lines:]


def _end_of(file: BinaryIO, lines: int) -> bytes:
    """As much of the end of a file as holds so many lines, and little more of it; lines are not endless."""
    end, place = b"", file.seek(0, 2)
    while place > 0 and end.count(b"\n") <= lines and len(end) < LONGEST_END:
        size = min(BLOCK_BYTES, place)
        place -= size
        file.seek(place)
        end = file.read(size) + end
    return end


def follow(logs: Mapping[str, Path], *, while_there: Path) -> Iterator[tuple[str, str]]:
    """Each new line of several logs with the name of its part, until a file or folder is gone."""
    opened = {part: file for part, log in logs.items() if (file := _open(log)) is not None}
    try:
        for file in opened.values():
            file.seek(0, 2)  # of what comes later, the beginning is new as well
        while while_there.exists():
            for part, log in logs.items():
                # Nobody writes to a log that was set aside, so what is read of it after this look is all.
                is_current = part in opened and _is_current(opened[part], log)
                yield from ((part, line) for line in _whole_lines(opened.get(part)))
                if not is_current and (file := _open(log)) is not None:
                    if part in opened:
                        opened[part].close()
                    opened[part] = file
                    yield from ((part, line) for line in _whole_lines(file))
            time.sleep(LOOK_S)
    finally:
        for file in opened.values():
            file.close()


def _open(log: Path) -> BinaryIO | None:
    try:
        return log.open("rb")
    except FileNotFoundError:
        return None


def _is_current(file: BinaryIO, log: Path) -> bool:
    """Whether the open file is still the log, which is neither set aside nor begun anew."""
    try:
        now = log.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(now, os.fstat(file.fileno())) and now.st_size >= file.tell()


def _whole_lines(file: BinaryIO | None) -> Iterator[str]:
    while file is not None:
        start = file.tell()
        line = file.readline()
        if not line.endswith(b"\n"):
            file.seek(start)
            return
        yield line.decode(errors="replace").rstrip("\n")
