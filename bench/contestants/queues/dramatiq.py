"""Dramatiq on Redis: one process with one thread."""

from importlib.metadata import version

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.contestants.queues import URL, handle

dramatiq.set_broker(RedisBroker(url=URL))
send = dramatiq.actor(handle, max_retries=0).send
VERSIONS = {"Dramatiq": version("dramatiq"), "redis-py": version("redis")}
WORKER = ["-m", "dramatiq", "--processes", "1", "--threads", "1", "--skip-logging", __name__]
