"""What is measured, one module a part; `measure(experiments)` returns its rows, versions and remarks."""

from collections.abc import Callable

from bench.experiments import Experiments
from bench.parts import (
    clusters,
    gateway,
    imports,
    jobs,
    load,
    overhead,
    page,
    queue,
    scaling,
    service,
    soak,
    stores,
    trajectory,
    views,
    wilcoxon,
)
from bench.parts.found import Found

PARTS: dict[str, Callable[[Experiments], Found]] = {
    "wilcoxon": wilcoxon.measure,
    "scaling": scaling.measure,
    "views": views.measure,
    "service": service.measure,
    "clusters": clusters.measure,
    "stores": stores.measure,
    "imports": imports.measure,
    "trajectory": trajectory.measure,
    "queue": queue.measure,
    "overhead": overhead.measure,
    "jobs": jobs.measure,
    "gateway": gateway.measure,
    "page": page.measure,
    "load": load.measure,
    "soak": soak.measure,
}

#: Those that need no experiment, which takes minutes to make.
WITHOUT_EXPERIMENT = {"queue", "jobs"}
