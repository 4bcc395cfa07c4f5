"""What may be wrong with this machine, this checkout and this platform."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tandem.errors import PlatformDown
from tandem.experiments.folder import available
from tandem.local import experiments, leftovers, ports
from tandem.local.finding import ENOUGH_DISK, Finding
from tandem.local.job_examination import examine_jobs
from tandem.local.platform import Platform

#: Less free memory-backed scratch than this is too little for answers on their way, in bytes.
ENOUGH_SCRATCH = 256 << 20


def examine(platform: Platform) -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    yield from _programs()
    yield from _installation(platform)
    yield from _space(platform)
    yield _experiments(platform)
    yield from examine_jobs(platform)
    yield from _parts(platform)


def _programs() -> Iterator[Finding]:
    for command, package in (("Rscript", "r-base-core"), ("redis-server", "redis-server")):
        path = shutil.which(command)
        yield Finding(command, path is not None, path or "not found", f"'make setup' installs {package}")


def _installation(platform: Platform) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), f"{version} in {sys.prefix}", "install Python 3.11 or newer")
    library = platform.layout.r_library
    installed = (library / "tandem").is_dir()
    yield Finding("R package", installed, str(library) if installed else "not installed", "run 'make setup'")
    if installed and shutil.which("Rscript"):
        yield _r_package_loads(library)


def _r_package_loads(library: Path) -> Finding:
    told = os.environ | {"R_LIBS": str(library)}
    tried = subprocess.run(
        ["Rscript", "-e", "invisible(loadNamespace('tandem')); cat(as.character(getRversion()))"],
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
    last = (tried.stderr.strip() or "no word").splitlines()[-1]
    detail = f"R {tried.stdout} loads it" if tried.returncode == 0 else last
    return Finding("R", tried.returncode == 0, detail, "run 'make setup'; its log is .tandem/logs/setup-r.log")


def _space(platform: Platform) -> Iterator[Finding]:
    layout = platform.layout
    free = shutil.disk_usage(layout.home).free
    yield Finding("disk", free >= ENOUGH_DISK, f"{free >> 30} GB free", f"free some space on the disk of {layout.home}")
    writable = os.access(layout.scratch, os.W_OK)
    free = shutil.disk_usage(layout.scratch).free if writable else 0
    detail = f"{layout.scratch}: {free >> 20:,} MB free" if writable else f"{layout.scratch} cannot be written"
    yield Finding("scratch", free >= ENOUGH_SCRATCH, detail, "set TANDEM_SCRATCH to a folder with room, such as /tmp")


def _experiments(platform: Platform) -> Finding:
    layout = platform.layout
    found = available(layout.data)
    if not found and experiments.can_build(layout, experiments.DEMO):
        return Finding("experiments", True, "the demo, built when it is first run")
    remedy = f"put r.rds and cell_sets.json into a folder of {layout.data}"
    return Finding("experiments", bool(found), ", ".join(found) or "none", remedy)


def _parts(platform: Platform) -> Iterator[Finding]:
    try:
        parts = platform.parts()
    except PlatformDown:
        left = leftovers.processes_of(platform.layout)
        detail = f"processes without a supervisor: {', '.join(map(str, sorted(left)))}" if left else "not running"
        yield Finding("platform", not left, detail, "run 'tandem down'")
        for port in (ports.REDIS, ports.R_SERVICE, ports.GATEWAY):
            if not ports.is_free(port):
                yield Finding(f"port {port}", True, "in use by another program; a free one will be chosen")
        return
    if changes := platform.changed_settings():
        detail = f"changed since the platform was started: {', '.join(changes)}"
        yield Finding("settings", False, detail, "run 'tandem up', which restarts what they concern")
    for part in parts:
        readiness = part.readiness
        remedy = f"'tandem logs {part.program.name}' says more; 'tandem restart' starts it again"
        fine = readiness.condition == "ready"
        yield Finding(part.program.name, fine, readiness.detail or readiness.condition, remedy)
