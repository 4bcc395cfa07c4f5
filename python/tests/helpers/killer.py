"""Kills the parts of an executor at random moments, as a Poisson process does, and starts again what is dead."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fixtures.redis import RedisServer
from fixtures.stack import RProcess, Stack
from helpers.proxy import Mode, Proxy

#: Seconds between two faults, on average.
MEAN_PAUSE_S = 1.0
#: How long a worker is made to sleep, in seconds: longer than its leases.
SLEEP_S = 4.0
#: Redis and the ways to the cloud are away for up to so long, in seconds.
AWAY_S = 1.5
#: What the ways to the cloud do meanwhile.
TROUBLES: tuple[Mode, ...] = ("reset", "cut", "delay")


class Killer:
    """Everything that may die, and one source of chance for all of it."""

    def __init__(
        self, stack: Stack, r: RProcess, redis: RedisServer, proxies: tuple[Proxy, ...], chance: random.Random
    ) -> None:
        self.stack, self._r, self._redis, self._proxies, self._chance = stack, r, redis, proxies, chance
        #: What happened, in its order.
        self.deeds: list[str] = []
        self._replaced: set[int] = set()
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._next_at = time.monotonic()
        self._ways = [self._kill_worker] * 5 + [self._kill_r] * 2 + [self._kill_child] * 2 + [self._stop_redis] * 2
        self._ways += [self._trouble_the_way] * (3 if proxies else 0)

    def step(self) -> None:
        """Do what is due, and see that all parts are there again."""
        now = time.monotonic()
        if now >= self._next_at:
            self._next_at = now + self._chance.expovariate(1 / MEAN_PAUSE_S)
            self._chance.choice(self._ways)()
        self.mend()

    def mend(self) -> None:
        """Start again what is dead, and end the troubles whose time is over."""
        now = time.monotonic()
        due = [act for at, act in self._later if at <= now]
        self._later = [(at, act) for at, act in self._later if at > now]
        for act in due:
            act()
        for worker in list(self.stack.workers):
            if worker.poll() is not None and worker.pid not in self._replaced:
                self._replaced.add(worker.pid)
                self.stack.start_worker()
        if self._r.process is not None and self._r.process.poll() is not None:
            self._r.start()

    def _kill_worker(self) -> None:
        living = [worker for worker in self.stack.workers if worker.poll() is None]
        if not living:
            return
        worker = self._chance.choice(living)
        way = self._chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
        self._note(f"worker {worker.pid}: {way.name}")
        worker.send_signal(way)
        if way is signal.SIGSTOP:
            self._in(SLEEP_S, lambda: worker.send_signal(signal.SIGCONT))

    def _kill_r(self) -> None:
        if self._r.process is not None:
            way = self._chance.choice([signal.SIGKILL, signal.SIGTERM])
            self._note(f"R service: {way.name}")
            self._r.process.send_signal(way)

    def _kill_child(self) -> None:
        """The process that keeps the dataset, or one that computes."""
        if self._r.process is not None and (children := descendants(self._r.process.pid)):
            child = self._chance.choice(sorted(children))
            self._note(f"process of R: {child}")
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _stop_redis(self) -> None:
        self._note("Redis")
        self._redis.stop()
        self._in(self._chance.uniform(0, AWAY_S), self._redis.restart)

    def _trouble_the_way(self) -> None:
        proxy, mode = self._chance.choice(self._proxies), self._chance.choice(TROUBLES)
        self._note(f"way to the cloud {proxy.port}: {mode}")
        proxy.mode = mode
        self._in(self._chance.uniform(0, AWAY_S), lambda: setattr(proxy, "mode", "pass"))

    def _in(self, seconds: float, act: Callable[[], object]) -> None:
        self._later.append((time.monotonic() + seconds, act))

    def _note(self, deed: str) -> None:
        self.deeds.append(deed)


def descendants(pid: int) -> set[int]:
    """All processes that came of one, which is not among them."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}
