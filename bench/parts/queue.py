"""How many messages the embedded queue carries a second: send, receive, acknowledge, one after the other."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.experiments import Experiments
from bench.parts.found import ROUNDS, Found
from bench.rows import Row
from tandem.queues.sqlite import SqliteQueue

#: Seconds of one round.
ROUND_S = 1.0
#: A request of ordinary size.
BODY = '{"ETag": "0123456789abcdef", "body": {"name": "GeneExpression"}}' * 8


def measure(_experiments: Experiments) -> Found:
    """The embedded queue, on the disk of the temporary folder."""
    with TemporaryDirectory() as folder:
        queue = SqliteQueue(Path(folder) / "queue.sqlite", "bench", 30.0)
        rounds = [_cycles_a_second(queue) for _ in range(ROUNDS)]
        queue.close()
    return Found([Row("messages through the embedded queue: send, receive, acknowledge", "a second", rounds)])


def _cycles_a_second(queue: SqliteQueue) -> float:
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < ROUND_S:
        queue.send(BODY)
        (lease,) = queue.receive(1, 0)
        queue.acknowledge(lease)
        done += 1
    return done / passed
