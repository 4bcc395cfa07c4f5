"""The programs of the platform: how each is started, and what it is told."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tandem.local import ports
from tandem.local.given import Given, Kind, of_kind
from tandem.local.layout import Layout
from tandem.local.plan import Plan, environment
from tandem.settings import Settings

#: The gateway's many threads share one heap: with several it keeps in one what another could use, and grows for hours.
ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}
#: R on the same machine that does not answer for so long cannot be started, in seconds: tasks that wait for it end.
R_PATIENCE_S = 20


@dataclass(frozen=True)
class Program:
    """One process that supervisor keeps alive."""

    name: str
    kind: Kind
    command: Sequence[str]
    environment: Mapping[str, str]
    address: str
    experiment: str | None = None
    #: Seconds between the request to stop and the end by force.
    patience_s: int = 1


def programs_of(layout: Layout, plan: Plan, given: Given) -> list[Program]:
    """All parts, in the order of their start, each with those of the given settings that concern it."""
    parts = [_redis(layout, plan), _gateway(layout, plan), _runner(layout, plan)]
    at_once = given.get("TANDEM_CONCURRENCY") or str(Settings.model_fields["concurrency"].default)
    for experiment in plan.experiments:
        parts += [_r_service(layout, plan, at_once, experiment), _worker(layout, plan, at_once, experiment)]
    return [replace(part, environment=of_kind(given, part.kind) | dict(part.environment)) for part in parts]


def _redis(layout: Layout, plan: Plan) -> Program:
    options = {
        "bind": ports.LOOPBACK,
        "port": plan.redis_port,
        "dir": layout.run,
        "save": "",
        "appendonly": "no",
        # Its title would overwrite its environment, by which its platform knows it.
        "set-proc-title": "no",
    }
    command = ["redis-server", *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
    return Program("redis", "redis", command, {}, plan.redis_url)


def _gateway(layout: Layout, plan: Plan) -> Program:
    told = environment(layout, plan) | {"TANDEM_GATEWAY_PORT": str(plan.gateway_port)} | ONE_HEAP
    return Program("gateway", "gateway", [sys.executable, "-m", "tandem.gateway"], told, plan.gateway_url)


def _runner(layout: Layout, plan: Plan) -> Program:
    told = environment(layout, plan) | {"TANDEM_STATUS_FILE": str(layout.runner_status)}
    command = [sys.executable, "-m", "tandem.jobs.runner"]
    return Program("runner", "runner", command, told, str(layout.queue.relative_to(layout.home)), patience_s=6)


def _r_service(layout: Layout, plan: Plan, at_once: str, experiment: str) -> Program:
    told = {
        "EXPERIMENT_ID": experiment,
        "TANDEM_DATA": str(layout.data),
        "TANDEM_SCRATCH": str(layout.scratch),
        "TANDEM_R_HOST": ports.LOOPBACK,
        "TANDEM_R_PORT": str(plan.r_ports[experiment]),
        "TANDEM_CHILDREN": at_once,
        "R_LIBS": str(layout.r_library),
        # Huge pages make a fork of a large process ten times as fast.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        # Children share the cores; threads inside each would fight over them.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = ["Rscript", str(layout.r_library / "tandem" / "serve.R")]
    return Program(f"r-{experiment}", "r", command, told, plan.r_url(experiment), experiment)


def _worker(layout: Layout, plan: Plan, at_once: str, experiment: str) -> Program:
    told = environment(layout, plan, experiment) | {
        "TANDEM_STATUS_FILE": str(layout.worker_status(experiment)),
        "TANDEM_CONCURRENCY": at_once,
        "IGNORE_TIMEOUT": "true",
        "TANDEM_R_PATIENCE": str(R_PATIENCE_S),
        # What is running when the platform is stopped is handed back to the queue, not waited for.
        "TANDEM_GRACE": "1",
    }
    command = [sys.executable, "-m", "tandem.worker"]
    return Program(
        f"worker-{experiment}",
        "worker",
        command,
        told,
        str(layout.queue.relative_to(layout.home)),
        experiment,
        patience_s=3,
    )
