"""How the worker is, in a small file for whoever watches it."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Condition = Literal["starting", "waiting", "ready", "degraded", "stopping"]

#: A file that still says what is true is touched this often at most, in seconds.
TOUCH_S = 1.0


class StatusFile:
    """Rewritten, whole, whenever something changed, and touched otherwise: one that grows old is of a process that does
    not get to say how it is any more. Without a path it does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._last: tuple[str, str] | None = None
        self._written_at = 0.0

    def write(self, state: Condition, detail: str = "") -> None:
        """Say how we are; at every look, not only when it is new."""
        if self._path is None:
            return
        is_known = self._last == (state, detail)
        if is_known and time.monotonic() - self._written_at < TOUCH_S:
            return
        if not (is_known and _touched(self._path)):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            aside = self._path.with_suffix(f".{os.getpid()}")
            aside.write_text(json.dumps({"state": state, "detail": detail, "pid": os.getpid()}))
            aside.replace(self._path)
        self._last, self._written_at = (state, detail), time.monotonic()


@dataclass(frozen=True)
class Status:
    """What a process said of itself, and how long ago it last did."""

    state: Condition
    detail: str
    pid: int
    age_s: float


def read_status(path: Path) -> Status | None:
    """What such a file says; nothing while there is none."""
    try:
        said = json.loads(path.read_text())
        return Status(said["state"], said["detail"], said["pid"], time.time() - path.stat().st_mtime)
    except (FileNotFoundError, ValueError):
        return None


def _touched(path: Path) -> bool:
    """Whether the file was there to be touched."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
