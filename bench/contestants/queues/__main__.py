"""How many messages a second one queue carries, and how soon one that is alone is handled.

`python -m bench.contestants.queues celery 2000 200` (or dramatiq, ours) prints one line of JSON.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from bench.contestants.queues import PATIENCE_S, told

#: A request of ordinary size.
BODY = '{"ETag": "0123456789abcdef", "body": {"name": "GeneExpression"}}' * 8


@contextmanager
def worker(words: Sequence[str]) -> Iterator[None]:
    """The one process that handles, ended by its id."""
    started = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(PATIENCE_S)


def measure(name: str, many: int, alone: int) -> dict[str, object]:
    """Messages a second, sent alone and while they are handled; milliseconds from send to handled of each alone."""
    system = import_module(f"bench.contestants.queues.{name}")
    system.send(BODY, False)  # whatever has to be connected first
    began = time.time()
    for _ in range(many):
        system.send(BODY, False)
    sent_s = time.time() - began
    with worker(system.WORKER):
        system.send(BODY, True)
        told()  # what was sent before is handled, too
        began = time.time()
        for number in range(many):
            system.send(BODY, number == many - 1)
        through_s = told() - began
        latency = []
        for _ in range(alone):
            began = time.time()
            system.send(BODY, True)
            latency.append(1000 * (told() - began))
    return {"sent": many / sent_s, "through": many / through_s, "latency_ms": latency, "versions": system.VERSIONS}


print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
