"""Where results come from: everything that decided them, in one object beside them."""

import platform
import sys
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from socket import gethostname
from typing import Any

from tandem.jobs.execution.launch import Ending
from tandem.jobs.spec import Spec
from tandem.records.jobs import Job


def provenance_of(job: Job, spec: Spec, attempt: int, inputs: list[dict[str, Any]], ending: Ending) -> dict[str, Any]:
    """What is told of one attempt."""
    return {
        "job": job.run_id,
        "name": job.name,
        "attempt": attempt,
        "program": {
            "name": job.program,
            "version": job.version,
            "commit": spec.commit,
            "image": spec.image,
            "imageId": ending.image_id,
        },
        "command": list(spec.command),
        "parameters": dict(job.parameters),
        "inputs": inputs,
        "inputHash": job.input_hash,
        "experiment": spec.experiment,
        "limits": {
            "cpus": spec.cpus,
            "memoryBytes": spec.memory_bytes,
            "diskBytes": spec.disk_bytes,
            "gpus": spec.gpus,
            "timeS": spec.time_limit_s,
        },
        "confinement": asdict(ending.confinement),
        "exitCode": ending.exit_code,
        "signal": ending.signal,
        "endedBy": ending.by,
        "startedAt": ending.started_at.isoformat(),
        "finishedAt": ending.finished_at.isoformat(),
        "cpuSeconds": round(ending.cpu_s, 3) if ending.cpu_s is not None else None,
        "peakBytes": ending.peak_bytes,
        "host": gethostname(),
        "versions": _versions(),
    }


@cache
def _versions() -> dict[str, str]:
    return {
        "tandem": version("tandem"),
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "machine": platform.machine(),
    }
