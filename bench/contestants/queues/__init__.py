"""Queues that are compared, a module each: `send(body, tell)`, and WORKER, the words that start what handles messages.

What handles a message does nothing but tell the time, where the message asks for that.
"""

import os
import time

from redis import Redis

#: The Redis of the peers, and where every worker tells the time.
URL = os.environ.get("BENCH_REDIS", "redis://127.0.0.1:6379")
#: How long a message may take to be handled, in seconds.
PATIENCE_S = 60.0
redis = Redis.from_url(URL, socket_timeout=2 * PATIENCE_S)
#: The list to which it is told.
HANDLED = "handled"


def handle(body: str, tell: bool) -> None:
    """What is done with a message."""
    if tell and body:
        redis.rpush(HANDLED, time.time())


def told() -> float:
    """When the next message was handled that asks for it, as soon as it is."""
    popped = redis.blpop([HANDLED], timeout=PATIENCE_S)
    if popped is None:
        raise RuntimeError("a message was not handled")
    return float(popped[1])
