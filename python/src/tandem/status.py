"""How the worker is, in a small file for whoever watches it."""

import json
import os
from pathlib import Path
from typing import Literal

Condition = Literal["starting", "waiting", "ready", "degraded", "stopping"]


class StatusFile:
    """Rewritten, whole, whenever something changed. Without a path it does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._last: tuple[str, str] | None = None

    def write(self, state: Condition, detail: str = "") -> None:
        """Say how we are."""
        if self._path is None or self._last == (state, detail):
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps({"state": state, "detail": detail, "pid": os.getpid()}))
        aside.replace(self._path)
        self._last = (state, detail)
