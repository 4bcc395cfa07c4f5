"""How the worker is, in a small file for whoever watches it."""

import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

log = logging.getLogger(__name__)

Condition = Literal["starting", "waiting", "ready", "degraded", "stopping"]

#: A file that still says what is true is touched this often at most, in seconds.
TOUCH_S = 1.0


class StatusFile:
    """Rewritten, whole, whenever something changed, and touched otherwise: one that grows old is of a process that does
    not get to say how it is any more. Without a path it does nothing; where the disk is full, the old one stays."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._last: tuple[str, str] | None = None
        self._written_at = 0.0
        self._fault = ""

    def write(self, state: Condition, detail: str = "") -> None:
        """Say how we are; at every look, not only when it is new."""
        if self._path is None:
            return
        is_known = self._last == (state, detail)
        if is_known and time.monotonic() - self._written_at < TOUCH_S:
            return
        try:
            if not (is_known and _touched(self._path)):
                _rewrite(self._path, {"state": state, "detail": detail, "pid": os.getpid()})
        except OSError as error:
            self._bear(error)
        else:
            self._last, self._written_at, self._fault = (state, detail), time.monotonic(), ""

    def _bear(self, error: OSError) -> None:
        """Whoever works on must not end because this cannot be said; it is tried again at the next look."""
        if str(error) != self._fault:
            self._fault = str(error)
            log.warning("It cannot be said in %s how we are: %s", self._path, error.strerror)


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


def _rewrite(path: Path, said: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}")
    try:
        aside.write_text(json.dumps(said))
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        if path.exists():
            os.utime(path)  # what it says is old, but we live
        raise


def _touched(path: Path) -> bool:
    """Whether the file was there to be touched."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
