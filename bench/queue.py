"""How many messages the embedded queue carries a second: send, receive, acknowledge, one after the other."""

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tandem.queues.sqlite import SqliteQueue

#: Seconds of one round, and how many rounds the median is taken of.
ROUND_S, ROUNDS = 1.0, 5
#: A request of ordinary size.
BODY = '{"ETag": "0123456789abcdef", "body": {"name": "GeneExpression"}}' * 8


def cycles_a_second(queue: SqliteQueue) -> float:
    """One round."""
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < ROUND_S:
        queue.send(BODY)
        (lease,) = queue.receive(1, 0)
        queue.acknowledge(lease)
        done += 1
    return done / passed


def main() -> None:
    """Print the median."""
    with TemporaryDirectory() as folder:
        queue = SqliteQueue(Path(folder) / "queue.sqlite", "bench", 30.0)
        rounds = [cycles_a_second(queue) for _ in range(ROUNDS)]
        queue.close()
    print(f"{statistics.median(rounds):.0f} cycles/s (median of {ROUNDS}, from {min(rounds):.0f} to {max(rounds):.0f})")


if __name__ == "__main__":
    main()
