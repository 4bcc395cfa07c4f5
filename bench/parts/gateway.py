"""The gateway under many clients at once: lists, cell sets, results that are there, and small tasks that are not."""

import asyncio
import random
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bench.experiments import Experiment, Experiments
from bench.parts.found import Found
from bench.platform_home import platform
from bench.rows import Row

CLIENTS = 50
LASTS_S = 60.0
#: How long a client rests between two things, in seconds.
REST_S = 0.1
#: How long a small task may take, in seconds, and how often it is asked for.
TASK_S, LOOK_S = 30.0, 0.25
GENES_KNOWN = 400


def measure(experiments: Experiments) -> Found:
    """Load on the base size."""
    experiment = experiments.base
    with platform(experiment.size) as address:
        took, failures = asyncio.run(_load(address, experiment))
    found = Found()
    for what, seconds in took.items():
        milliseconds = sorted(1000 * each for each in seconds)
        p95 = milliseconds[int(0.95 * (len(milliseconds) - 1))]
        note = f"p95 {p95:.0f} ms; {len(milliseconds) / LASTS_S:.0f} a second"
        found.rows.append(
            Row(f"gateway, {CLIENTS} clients, {experiment.size} cells: {what}", "ms", milliseconds, note=note)
        )
    found.remarks.append(
        f"The gateway's {CLIENTS} clients ran {LASTS_S:.0f} s on the same machine, resting {1000 * REST_S:.0f} ms after"
        f" each thing they did; {len(failures)} requests failed{': ' + failures[0] if failures else ''}."
    )
    return found


async def _load(address: str, experiment: Experiment) -> tuple[dict[str, list[float]], list[str]]:
    took: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    names = [f"GENE{int(gene.removeprefix('ENSG'))}" for gene in experiment.genes(GENES_KNOWN)[1:]]
    limits = httpx.Limits(max_connections=2 * CLIENTS)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=TASK_S, trust_env=False) as http:
        ends = time.perf_counter() + LASTS_S
        chances = [random.Random(seed) for seed in range(CLIENTS)]  # noqa: S311  # no secret
        await asyncio.gather(
            *(_client(http, experiment.size, chance, names, ends, took, failures) for chance in chances)
        )
    return dict(took), failures


async def _client(
    http: httpx.AsyncClient,
    experiment: str,
    chance: random.Random,
    names: list[str],
    ends: float,
    took: dict[str, list[float]],
    failures: list[str],
) -> None:
    known = names[:1]
    actions = {
        "list of experiments": lambda: _get(http, "/experiments"),
        "list of tasks": lambda: _get(http, "/tasks?limit=20"),
        "one experiment": lambda: _get(http, f"/experiments/{experiment}"),
        "a result that is there": lambda: _ask(http, experiment, known),
        "a new small task, to its result": lambda: _ask(http, experiment, chance.sample(names, 3)),
    }
    await asyncio.sleep(chance.random())
    while time.perf_counter() < ends:
        what = chance.choice(list(actions))
        began = time.perf_counter()
        try:
            await actions[what]()
            took[what].append(time.perf_counter() - began)
        except (httpx.HTTPError, RuntimeError) as error:
            failures.append(f"{what}: {error!r}")
        await asyncio.sleep(REST_S)


async def _get(http: httpx.AsyncClient, path: str) -> httpx.Response:
    return (await http.get(path)).raise_for_status()


async def _ask(http: httpx.AsyncClient, experiment: str, genes: list[str]) -> None:
    """Ask, wait, and read the result to its last byte."""
    wanted: dict[str, Any] = {
        "experimentId": experiment,
        "timeout": (datetime.now(UTC) + timedelta(seconds=TASK_S)).isoformat(),
        "body": {"name": "GeneExpression", "genes": genes},
        "requestProps": {"broadcast": False, "cacheUniquenessKey": None},
    }
    answer = (await http.post(f"/v2/workRequest/{experiment}", json=wanted)).raise_for_status()
    etag, there = answer.json()["data"]["ETag"], answer.json()["data"]["signedUrl"]
    while not there:
        task = (await _get(http, answer.headers["location"])).json()
        if task["state"] in ("FAILED", "KILLED", "EXPIRED"):
            raise RuntimeError(task["reason"])
        there = task["state"] == "COMPLETE"
        if not there:
            await asyncio.sleep(LOOK_S)
    await _get(http, f"/results/{etag}")
