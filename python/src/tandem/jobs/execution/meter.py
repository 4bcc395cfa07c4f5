"""How much a run uses, looked at now and then."""

import os
import shutil
import time
from pathlib import Path
from typing import Literal, Protocol

from tandem.jobs.execution.cgroup import Cgroup
from tandem.jobs.execution.limits import Limits
from tandem.jobs.execution.processes import Process, look_at, proportional

#: Seconds until the first look at the processes, and between looks later on; each pause is twice the one before.
FIRST_LOOK_S, LOOK_S = 0.04, 0.25
#: The same of a run that has used more than half of its memory.
NEAR_LOOK_S = 0.1
#: Seconds between looks at the folder.
FOLDER_LOOK_S = 0.5
#: How many times longer than a look the pause after it is at least.
LOOK_REST, FOLDER_REST = 5, 20
#: Bytes free below which a disk is full.
FULL_BYTES = 1 << 20

Excess = Literal["memory", "disk"]


class Measured(Protocol):
    """What has processes."""

    def members(self) -> list[Process]:
        """Those there were a moment ago."""


class Meter:
    """Looks at the processes of one run and at what they have written."""

    def __init__(self, tree: Measured, group: Cgroup | None, folder: Path, limits: Limits) -> None:
        self._tree, self._group, self._folder, self._limits = tree, group, folder, limits
        self._peak = 0
        self._cpu_s: dict[int, float] = {}
        self._pause = FIRST_LOOK_S
        now = time.monotonic()
        self._next_look, self._next_folder = now + FIRST_LOOK_S, now + FOLDER_LOOK_S

    @property
    def due(self) -> float:
        """When to look again."""
        return min(self._next_look, self._next_folder)

    def look(self, now: float) -> Excess | None:
        """Look at what is due; what there is too much of."""
        if now >= self._next_look:
            is_near = 2 * self._peak > self._limits.memory_bytes
            self._pause = min(NEAR_LOOK_S if is_near else LOOK_S, self._pause * 2)
            self._look_at_processes()
            end = time.monotonic()
            self._next_look = end + max(self._pause, LOOK_REST * (end - now))
            if self._peak > self._limits.memory_bytes:
                return "memory"
        if now >= self._next_folder:
            is_over = self.is_over_disk()
            end = time.monotonic()
            self._next_folder = end + max(FOLDER_LOOK_S, FOLDER_REST * (end - now))
            if is_over:
                return "disk"
        return None

    def is_over_disk(self) -> bool:
        """Whether there lies as much in the run's folder as may, or more."""
        return bytes_in(self._folder) >= self._limits.disk_bytes

    def is_disk_full(self) -> bool:
        """Whether nothing more can be written."""
        return shutil.disk_usage(self._folder).free < FULL_BYTES

    def peak_bytes(self) -> int:
        """The most memory that all processes had together."""
        return max(self._peak, self._group.peak_bytes if self._group else 0)

    def cpu_s(self, waited_for_s: float) -> float:
        """Seconds of processor time of all processes, given those that the system counts for the ones that were
        waited for."""
        if self._group:
            return self._group.cpu_s
        return max(waited_for_s, sum(self._cpu_s.values()))

    def _look_at_processes(self) -> None:
        members = self._tree.members()
        self._cpu_s |= {process.pid: process.cpu_s for process in members}
        resident = sum(process.resident for process in members)
        if resident > self._peak:
            # Of a process that had only just begun, what was seen a moment ago may be what it had from us.
            now = [look_at(process.pid) for process in members]
            resident = sum(process.resident for process in now if process is not None)
        # What several share is in this sum several times. Only where it would be a new peak is the dear look worth it.
        if resident > self._peak and len(members) > 1:
            resident = proportional(process.pid for process in members) or self._peak
        self._peak = max(self._peak, resident)


def bytes_in(folder: Path) -> int:
    """Bytes on disk of all that lies in a folder."""
    total, folders = 0, [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:  # it is gone meanwhile, or closed
            continue
    return total
