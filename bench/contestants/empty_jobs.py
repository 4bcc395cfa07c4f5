"""RQ or Dramatiq with a Redis: the same empty process as a job, many at once and one after the other.

`python -m bench.contestants.empty_jobs rq` (or rq-simple, dramatiq) prints one line of JSON; its Redis is BENCH_REDIS.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

import dramatiq
import rq
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

URL = os.environ.get("BENCH_REDIS", "redis://127.0.0.1:6379")
redis = Redis.from_url(URL)
dramatiq.set_broker(RedisBroker(url=URL))
#: The list to which each job adds the time of its end.
ENDS = "ends"
#: How long a job may take to end, in seconds.
PATIENCE_S = 60.0


def empty() -> None:
    """Start a process that does nothing, and wait for its end."""
    subprocess.run(["true"], check=True)
    redis.rpush(ENDS, time.time())


empty_actor = dramatiq.actor(empty, max_retries=0)

HERE = "bench.contestants.empty_jobs"
RQ = ["-m", "rq.cli", "worker", "--quiet", "--url", URL]
#: What is started, and how often: always two jobs are at work at a time.
SYSTEMS: dict[str, tuple[list[str], int]] = {
    "rq": (RQ, 2),
    "rq-simple": ([*RQ, "--worker-class", "rq.worker.SimpleWorker"], 2),
    "dramatiq": (["-m", "dramatiq", "--processes", "2", "--threads", "1", "--skip-logging", HERE], 1),
}


def sender_of(system: str) -> Callable[[], object]:
    """How a job is handed in."""
    if system == "dramatiq":
        return empty_actor.send
    queue = rq.Queue(connection=redis)
    return lambda: queue.enqueue(f"{HERE}.empty")


@contextmanager
def workers(system: str) -> Iterator[None]:
    """Those of a system, ended by their ids."""
    words, count = SYSTEMS[system]
    started = [subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield
    finally:
        for worker in started:
            worker.send_signal(signal.SIGTERM)
        for worker in started:
            worker.wait(PATIENCE_S)


def ends(count: int) -> list[float]:
    """When so many jobs have ended, as soon as they have."""
    found = []
    for _ in range(count):
        popped = redis.blpop([ENDS], timeout=PATIENCE_S)
        if popped is None:
            raise RuntimeError("a job has not ended")
        found.append(float(popped[1]))
    return found


def measure(system: str, at_once: int, one_by_one: int) -> dict[str, float | list[float]]:
    """Seconds from the first submission to the last end; milliseconds of each that was alone."""
    send = sender_of(system)
    with workers(system):
        for _ in range(4):
            send()
        ends(4)
        began = time.time()
        for _ in range(at_once):
            send()
        took = max(ends(at_once)) - began
        alone = []
        for _ in range(one_by_one):
            began = time.time()
            send()
            alone.append(1000 * (ends(1)[0] - began))
    return {"took_s": took, "alone_ms": alone}


if __name__ == "__main__":
    found = measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    versions = {"RQ": version("rq"), "Dramatiq": version("dramatiq"), "redis-py": version("redis")}
    print(json.dumps({**found, "versions": versions}))
