"""The gateway under many clients at once: lists, cell sets, results that are there, and small tasks that are not."""

import asyncio

from bench.experiments import Experiments
from bench.parts.found import Found
from bench.platform_home import platform
from bench.small_tasks import SmallTasks
from bench.visitors import LOOKING, REST_S, Visits

CLIENTS = 50
LASTS_S = 60.0


def measure(experiments: Experiments) -> Found:
    """Load on the base size."""
    experiment = experiments.base
    with platform(experiment.size) as running:
        visits = Visits(running.address, experiment.size, SmallTasks(experiment), CLIENTS)
        asyncio.run(visits.last(LASTS_S, LOOKING))
    failed = f"{len(visits.failures)} requests failed{': ' + visits.failures[0] if visits.failures else ''}"
    remark = (
        f"The gateway's {CLIENTS} clients ran {LASTS_S:.0f} s on the same machine, resting {1000 * REST_S:.0f} ms after"
        f" each thing they did; {failed}."
    )
    return Found(visits.rows(LASTS_S, f"gateway, {CLIENTS} clients, {experiment.size} cells"), remarks=[remark])
