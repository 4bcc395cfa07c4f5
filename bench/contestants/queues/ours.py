"""The embedded queue: BENCH_QUEUE is its file. As a program it receives, handles and acknowledges until it is ended."""

import os
from pathlib import Path
from uuid import uuid4

from bench.contestants.queues import handle
from tandem.queues.sqlite import SqliteQueue

#: As many messages as our worker takes at once, and how long it waits for them, in seconds.
TOGETHER, LONG_POLL_S = 10, 20.0
queue = SqliteQueue(Path(os.environ["BENCH_QUEUE"]), "bench", 30.0)
VERSIONS: dict[str, str] = {}
WORKER = ["-m", "bench.contestants.queues.ours"]


def send(body: str, tell: bool) -> None:
    """A message in a group of its own, as requests are sent that differ."""
    queue.send(body, group=uuid4().hex, attributes={"tell": "yes" if tell else "no"})


if __name__ == "__main__":
    while True:
        for lease in queue.receive(TOGETHER, LONG_POLL_S):
            handle(lease.body, lease.attributes["tell"] == "yes")
            queue.acknowledge(lease)
