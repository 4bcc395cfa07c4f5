"""What may keep jobs from being run here, or from being run apart from all else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from tandem.errors import ProgramUnsound
from tandem.jobs.execution import cgroup, walls
from tandem.jobs.programs.library import Library
from tandem.local.finding import ENOUGH_DISK, Finding
from tandem.local.platform import Platform

#: What jobs can still reach where bubblewrap does not work.
REACHED = {
    "namespaces": "jobs have their own processes and network, but can read files of others",
    "process group": "jobs can read files of others and reach the network",
}
BUBBLEWRAP = "install bubblewrap and let it make user namespaces; until then run only programs that you trust"


def examine_jobs(platform: Platform) -> Iterator[Finding]:
    """Programs, walls, limits and room."""
    yield from _programs(platform)
    yield _walls()
    yield _limits()
    yield _room(platform.layout.jobs)


def _programs(platform: Platform) -> Iterator[Finding]:
    found = Library(platform.settings.programs).all()
    sound = [name for name, program in found if not isinstance(program, ProgramUnsound)]
    yield Finding("programs", True, ", ".join(sound) or f"none yet in {platform.settings.programs}")
    for name, fault in found:
        if isinstance(fault, ProgramUnsound):
            remedy = f"correct it; 'tandem program check {name}' says when all is well"
            yield Finding(f"program {name}", False, str(fault), remedy)


def _walls() -> Finding:
    way = walls.best_way()
    if way == "bubblewrap":
        return Finding("walls of jobs", True, "bubblewrap")
    found = "does not work here" if shutil.which("bwrap") else "is not installed"
    return Finding("walls of jobs", False, f"bubblewrap {found}; with {way} {REACHED[way]}", BUBBLEWRAP)


def _limits() -> Finding:
    if cgroup.has_controllers():
        return Finding("limits of jobs", True, "control groups hold memory and processors")
    return Finding("limits of jobs", True, "memory is metered and held by rlimits: control groups are not ours to make")


def _room(folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    remedy = f"free some space on the disk of {folder}, or delete jobs with their results"
    return Finding("room for jobs", free >= ENOUGH_DISK, f"{free >> 30} GB free", remedy)
