"""The R services of the local platform: how busy each is, and the memory it takes."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from xmlrpc.client import Error as ControlError

import httpx

from tandem.local import supervision
from tandem.local.layout import Layout
from tandem.local.plan import read_plan

#: Seconds that R may take to say how it is; its front does nothing else.
PATIENCE_S = 0.5
#: How many services are asked at once.
AT_ONCE = 8
KIB = 1024


def children(layout: Layout) -> Mapping[str, Mapping[str, int]]:
    """How many children of each experiment's R service are busy, and how many requests wait for one."""
    plan = read_plan(layout.plan)
    if plan is None:
        return {}
    with ThreadPoolExecutor(AT_ONCE) as pool, httpx.Client(timeout=PATIENCE_S) as client:
        said = pool.map(lambda experiment: _ask(client, plan.r_url(experiment)), plan.experiments)
        return {experiment: counts for experiment, counts in zip(plan.experiments, said, strict=True) if counts}


def memory(layout: Layout) -> Mapping[str, int]:
    """The bytes that each experiment's R service holds with its children, shared pages counted once."""
    found = {}
    with suppress(OSError, ControlError), supervision.control(layout) as supervisor:
        for process in supervisor.processes():
            if process.name.startswith("r-") and process.pid:
                found[process.name.removeprefix("r-")] = sum(map(_memory_of, _family(process.pid)))
    return found


def _ask(client: httpx.Client, url: str) -> Mapping[str, int]:
    try:
        said = client.get(f"{url}/ready").json()
        return {"busy": int(said["busy"]), "waiting": int(said["waiting"])}
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return {}


def _family(pid: int) -> list[int]:
    """A process and all that come from it."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def _memory_of(pid: int) -> int:
    """A process may be gone by now."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * KIB
    return 0
