"""The R services of the local platform: how busy each is, and the memory it takes."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from xmlrpc.client import Error as ControlError

import httpx

from tandem.local import supervision
from tandem.local.layout import Layout
from tandem.local.memory import held_by
from tandem.local.plan import read_plan

#: Seconds that R may take to say how it is; its front does nothing else.
PATIENCE_S = 0.5
#: How many services are asked at once.
AT_ONCE = 8


class Services:
    """A line to the R services; opened once, since opening takes longer than all answers."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._client = httpx.Client(timeout=PATIENCE_S, trust_env=False)
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def children(self) -> Mapping[str, Mapping[str, int]]:
        """How many children of each experiment's R service are busy, and how many requests wait for one."""
        plan = read_plan(self._layout.plan)
        if plan is None:
            return {}
        said = self._pool.map(lambda experiment: self._ask(plan.r_url(experiment)), plan.experiments)
        return {experiment: counts for experiment, counts in zip(plan.experiments, said, strict=True) if counts}

    def memory(self) -> Mapping[str, int]:
        """The bytes that each experiment's R service holds with its children."""
        found = {}
        with suppress(OSError, ControlError), supervision.control(self._layout) as supervisor:
            for process in supervisor.processes():
                if process.name.startswith("r-") and process.pid:
                    found[process.name.removeprefix("r-")] = held_by([process.pid])
        return found

    def _ask(self, url: str) -> Mapping[str, int]:
        try:
            said = self._client.get(f"{url}/ready").json()
            return {"busy": int(said["busy"]), "waiting": int(said["waiting"])}
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return {}
