"""Ports that platforms of this user have chosen and do not listen on yet: two that start at once choose others."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

#: By then a part listens on the port that it was promised, in seconds.
HOLDS_S = 30.0
#: Takes note of the ports that a platform has chosen.
Promise = Callable[[Collection[int]], None]


@contextmanager
def choosing(home: Path) -> Iterator[tuple[set[int], Promise]]:
    """What others of this user were promised, and how a choice is promised to this home; one chooses at a time."""
    path = Path(tempfile.gettempdir()) / f"tandem-ports-{os.getuid()}.json"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = _read(file.read())

        def promise(ports: Collection[int]) -> None:
            kept = {str(home): {"ports": list(ports), "until": time.time() + HOLDS_S}}
            file.seek(0)
            file.truncate()
            file.write(json.dumps({**known, **kept}))

        others = {port for owner, held in known.items() if owner != str(home) for port in held["ports"]}
        yield others, promise


def _read(text: str) -> dict[str, dict[str, list[int]]]:
    """What still holds; what cannot be read promises nothing."""
    try:
        now = time.time()
        return {home: held for home, held in json.loads(text or "{}").items() if held["until"] > now and held["ports"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
