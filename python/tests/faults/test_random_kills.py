"""Everything dies at random under load: each request ends once, and its result is there exactly when it is complete.

SOAK_MINUTES says for how long (some seconds without it), SOAK_SEED repeats the chances of an earlier run.
"""

import os
import random
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fixtures.aws import Aws
from fixtures.cloud import CloudStack
from fixtures.redis import RedisServer
from fixtures.stack import RProcess, Stack, wait_for
from helpers.killer import Killer, descendants
from tandem.records.base import Run
from tandem.states import State

#: Seconds of kills in a plain run of the tests, and as long as was asked for.
SOAK_S = float(os.environ.get("SOAK_MINUTES") or 0.1) * 60
#: Seconds until what is left is settled: Redis, R and leases come back, and every attempt has its turn.
SETTLE_S = 240.0
#: Requests in a second, on average.
RATE = 3.0
WORKERS = 2
#: Seconds that an impatient client waits.
SOON_S = 3.0


@dataclass
class Load:
    """Sends requests of all kinds, and remembers what it sent."""

    stack: Stack
    chance: random.Random
    #: The message's ETag by the run's id; nothing for what is no request.
    sent: dict[str, str] = field(default_factory=dict)
    #: Runs whose results are kept.
    lasting: set[str] = field(default_factory=set)
    #: Who will be cancelled, and when.
    cancels: list[tuple[float, str]] = field(default_factory=list)

    def send_one(self) -> None:
        """One request, or something like it."""
        kinds: dict[Callable[[], Any], int] = {
            lambda: self.stack.message("GetNUmis"): 30,
            lambda: self.stack.message("Sleep", seconds=self.chance.uniform(0, 2)): 25,
            lambda: self.stack.message("Fail", message="on purpose"): 8,
            lambda: self.stack.message("Flood", megabytes=self.chance.randint(1, 3)): 8,
            lambda: self.stack.message("Numbers", words=["1", "NaN"], times=20_000): 6,
            lambda: self.stack.message("Effect", seconds=0.2): 5,
            lambda: self.stack.message("Crash"): 3,
            lambda: self.stack.message("Sleep", seconds=1, expires_in_s=SOON_S): 4,
            lambda: self.stack.message("GetNUmis", expires_in_s=-1): 3,
            lambda: self.stack.message("NoSuchTask"): 4,
            lambda: "not JSON": 3,
            self._again: 5,
        }
        message = self.chance.choices(list(kinds), weights=list(kinds.values()))[0]()
        run_id = self.stack.send(message, group=uuid.uuid4().hex)
        is_request = isinstance(message, dict)
        if is_request and message["body"]["name"] != "Effect":
            self.lasting.add(run_id)
        self.sent[run_id] = message["ETag"] if is_request else ""
        if self.chance.random() < 0.1:
            self.cancels.append((time.monotonic() + self.chance.uniform(0, 2), run_id))

    def _again(self) -> dict[str, Any]:
        """A request for what was asked before."""
        message = self.stack.message("GetNUmis")
        before = [self.sent[run_id] for run_id in self.sent if run_id in self.lasting]
        return message | {"ETag": self.chance.choice(before or [message["ETag"]])}

    def cancel_due(self) -> None:
        """Cancel what somebody has thought better of."""
        due = [run_id for at, run_id in self.cancels if at <= time.monotonic()]
        self.cancels = [(at, run_id) for at, run_id in self.cancels if run_id not in due]
        for run_id in due:
            if self.stack.run_of(run_id) is not None:
                self.stack.record.request_kill(run_id)


class Watcher:
    """Looks at ends as they come, for none may change later."""

    def __init__(self, stack: Stack, sent: dict[str, str]) -> None:
        self._stack, self._sent = stack, sent
        self.ends: dict[str, Run] = {}
        self.objects: dict[str, Any] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def _look_on(self) -> None:
        while not self._stop.wait(0.3):
            for run_id, etag in list(self._sent.items()):
                run = None if run_id in self.ends else self._stack.run_of(run_id)
                if run is not None and run.state.terminal:
                    self.ends[run_id] = run
                    if run.state is State.COMPLETE and etag:
                        self.objects.setdefault(etag, self._stack.store.head(etag))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def scratch() -> Iterator[Path]:
    """What R computes with, in memory."""
    folder = Path("/dev/shm") / f"tandem-soak-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def r(r_library: Path, small_experiment: Path, tmp_path: Path, scratch: Path) -> Iterator[RProcess]:
    service = RProcess(r_library, small_experiment, tmp_path / "r.log", scratch=scratch)
    service.start()
    yield service
    service.stop()


@pytest.fixture(params=["one machine", "cloud"])
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    small_experiment: Path,
    own_redis: RedisServer,
    moto_server: Aws,
    r: RProcess,
) -> Iterator[Stack]:
    """Queue and store in files, or in the cloud with proxies before them."""
    own_redis.start()
    if request.param == "one machine":
        stack = Stack(tmp_path, small_experiment, own_redis.port, r.url)
        yield stack
        stack.close()
        return
    cloud = CloudStack(tmp_path, small_experiment, own_redis.port, r.url, moto_server)
    with cloud.sqs_proxy, cloud.s3_proxy:
        yield cloud
        cloud.close()


@pytest.mark.promise(32)
@pytest.mark.timeout(int(SOAK_S + SETTLE_S + 120))
def test_whatever_dies_at_random_each_request_ends_once_and_results_are_those_of_complete_ones(
    place: Stack, r: RProcess, own_redis: RedisServer, scratch: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(10**6))
    print(f"SOAK_SEED={seed}")  # noqa: T201
    chance = random.Random(seed)
    proxies = (place.sqs_proxy, place.s3_proxy) if isinstance(place, CloudStack) else ()
    killer = Killer(place, r, own_redis, proxies, random.Random(seed + 1))
    load = Load(place, chance)
    assert place.ear.heard == []
    for _ in range(WORKERS):
        place.start_worker()
    watcher = Watcher(place, load.sent)

    until = time.monotonic() + SOAK_S
    next_at = time.monotonic()
    while time.monotonic() < until:
        if time.monotonic() >= next_at:
            load.send_one()
            next_at = time.monotonic() + chance.expovariate(RATE)
        load.cancel_due()
        killer.step()
        time.sleep(0.02)

    def story() -> str:
        left = {run_id: place.run_of(run_id) for run_id in load.sent if run_id not in watcher.ends}
        return f"seed {seed}\n" + "\n".join([*map(str, left.items()), *killer.deeds, place.logs()])

    def settled() -> bool:
        killer.mend()
        depth = place.queue.depth()
        return len(watcher.ends) == len(load.sent) and depth.waiting + depth.leased == 0

    wait_for(settled, SETTLE_S, story)
    watcher.close()

    finally_ = {run_id: place.record.get(run_id) for run_id in load.sent}
    assert {run_id: run.state for run_id, run in finally_.items()} == {
        run_id: run.state for run_id, run in watcher.ends.items()
    }, f"an end has changed: {story()}"
    assert finally_ == watcher.ends, f"something of an end has changed: {story()}"
    complete = {load.sent[run_id] for run_id, run in finally_.items() if run.state is State.COMPLETE}
    stored = {one.key for one in place.store.list()}
    lasting = {load.sent[run_id] for run_id in load.lasting}
    assert stored == complete & lasting, f"{stored ^ (complete & lasting)} {story()}"
    assert {etag: place.store.head(etag) for etag in stored} == {etag: watcher.objects[etag] for etag in stored}
    assert place.record.count() == len(load.sent)
    check_one_end_each(place, finally_)
    check_nothing_is_left(r, scratch)
    ends = Counter(str(run.state) for run in finally_.values())
    assert ends[State.COMPLETE], ends
    record_property(
        "facts",
        f"{len(load.sent)} requests in {SOAK_S:.0f} s, {len(killer.deeds)} faults, seed {seed}: "
        + ", ".join(f"{number} {state}" for state, number in sorted(ends.items())),
    )


def check_one_end_each(stack: Stack, runs: dict[str, Run]) -> None:
    """Of all attempts of a run at most one came to its end, and all that ended before say why."""
    for run_id, run in runs.items():
        attempts = stack.record.attempts(run_id)
        assert all(attempt.ended_at is not None for attempt in attempts), (run, attempts)
        if run.state is State.COMPLETE:
            assert [attempt.reason for attempt in attempts].count(None) == 1, (run, attempts)


def check_nothing_is_left(r: RProcess, scratch: Path) -> None:
    """Neither processes nor files of requests that have ended."""
    assert r.process is not None
    service = r.process
    r.wait_until_ready()
    wait_for(lambda: len(descendants(service.pid)) <= 1, 30, lambda: str(descendants(service.pid)))
    wait_for(lambda: not list(scratch.glob("*/requests/*")), 30, lambda: str(list(scratch.rglob("*"))))
    assert not list(scratch.glob("*/answers/*"))
