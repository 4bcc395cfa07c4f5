"""Clients of a gateway: each does one thing after another, with a rest after each."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bench.rows import Row
from bench.small_tasks import SmallTasks
from tandem.states import State

#: How long a client rests between two things, in seconds.
REST_S = 0.1
#: How long a task or a job may take, in seconds, and how often it is asked for.
TASK_S, LOOK_S = 60.0, 0.25


class Visitor:
    """One client of one experiment."""

    def __init__(self, http: httpx.AsyncClient, experiment: str, tasks: SmallTasks) -> None:
        self.http, self.experiment, self.tasks = http, experiment, tasks

    async def get(self, path: str) -> httpx.Response:
        return (await self.http.get(path)).raise_for_status()

    async def ask(self, body: Mapping[str, Any], *, fresh: bool = False) -> httpx.Response:
        """Ask for an analysis, and be told its name, and its result's address if that is there."""
        wanted = {
            "experimentId": self.experiment,
            "timeout": (datetime.now(UTC) + timedelta(seconds=TASK_S)).isoformat(),
            "body": body,
            "requestProps": {"broadcast": False, "cacheUniquenessKey": random.random() if fresh else None},  # noqa: S311
        }
        return (await self.http.post(f"/v2/workRequest/{self.experiment}", json=wanted)).raise_for_status()

    async def read(self, body: Mapping[str, Any], *, fresh: bool = False) -> None:
        """Ask, wait, and read the result to its last byte."""
        answer = await self.ask(body, fresh=fresh)
        data = answer.json()["data"]
        if not data["signedUrl"]:
            await self.ends_as(answer, State.COMPLETE)
        await self.get(f"/results/{data['ETag']}")

    async def ends_as(self, answer: httpx.Response, *wanted: State) -> None:
        """Wait for the end of what was asked for."""
        while not (state := State((run := (await self.get(answer.headers["location"])).json())["state"])).terminal:
            await asyncio.sleep(LOOK_S)
        if state not in wanted:
            raise RuntimeError(f"it is {state}: {run['reason']}")


#: What a visitor does, by its name.
Action = Callable[[Visitor], Awaitable[object]]

#: What people do who look at an experiment.
LOOKING: dict[str, Action] = {
    "list of experiments": lambda visitor: visitor.get("/experiments"),
    "list of tasks": lambda visitor: visitor.get("/tasks?limit=20"),
    "one experiment": lambda visitor: visitor.get(f"/experiments/{visitor.experiment}"),
    "a result that is there": lambda visitor: visitor.read(
        {"name": "GeneExpression", "genes": visitor.tasks.genes[:1]}
    ),
    "a new small task, to its result": lambda visitor: visitor.read(visitor.tasks.three_genes()),
}


@dataclass
class Visits:
    """So many visitors at once; how long what they did took, in seconds, and what went wrong."""

    address: str
    experiment: str
    tasks: SmallTasks
    visitors: int
    rest_s: float = REST_S
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._may, self._at_work, self._ended = asyncio.Event(), 0, asyncio.Event()
        self._may.set()

    async def last(self, seconds: float, actions: Mapping[str, Action]) -> None:
        """Let them visit for so long."""
        limits = httpx.Limits(max_connections=2 * self.visitors)
        async with httpx.AsyncClient(base_url=self.address, limits=limits, timeout=TASK_S, trust_env=False) as http:
            visitor, ends = Visitor(http, self.experiment, self.tasks), time.monotonic() + seconds
            await asyncio.gather(*(self._visit(visitor, actions, seed, ends) for seed in range(self.visitors)))

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Nobody does anything meanwhile: what was begun has ended."""
        self._may.clear()
        while self._at_work:
            self._ended.clear()
            await self._ended.wait()
        yield
        self._may.set()

    async def _visit(self, visitor: Visitor, actions: Mapping[str, Action], seed: int, ends: float) -> None:
        chance = random.Random(seed)  # noqa: S311  # no secret
        await asyncio.sleep(chance.random())
        while time.monotonic() < ends:
            await self._may.wait()
            what = chance.choice(list(actions))
            began = time.perf_counter()
            self._at_work += 1
            try:
                await actions[what](visitor)
                self.took[what].append(time.perf_counter() - began)
            except (httpx.HTTPError, RuntimeError) as error:
                self.failures.append(f"{what}: {error!r}")
            self._at_work -= 1
            self._ended.set()
            await asyncio.sleep(self.rest_s)

    def rows(self, seconds: float, where: str) -> list[Row]:
        """How long each thing took them."""
        found = []
        for what, took in self.took.items():
            milliseconds = sorted(1000 * each for each in took)
            p95 = milliseconds[int(0.95 * (len(milliseconds) - 1))]
            note = f"p95 {p95:.0f} ms; {len(milliseconds) / seconds:.1f} a second"
            found.append(Row(f"{where}: {what}", "ms", milliseconds, note=note))
        return found
