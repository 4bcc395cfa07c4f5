"""What one runner has to give: CPUs, memory and GPUs, lent to each job for as long as it runs."""

import os
import threading
from dataclasses import dataclass

from tandem.jobs.spec import Spec
from tandem.settings import Settings

#: Of the memory of a machine that nobody said how to share, this part is given to jobs.
PART_OF_MEMORY = 0.8
#: Shares of CPUs are sums of fractions; so small a difference is none.
ROUNDING = 1e-9


@dataclass
class Grant:
    """What one job was lent."""

    cpus: float
    memory_bytes: int
    gpus: tuple[int, ...]
    lender: "Capacity"
    is_over: bool = False

    def give_back(self) -> None:
        """Others may have it."""
        self.lender.take_back(self)


class Capacity:
    """Lends and takes back. Safe to be used by several threads."""

    def __init__(self, cpus: float, memory_bytes: int, gpus: int) -> None:
        self.cpus, self.memory_bytes, self.gpus = cpus, memory_bytes, gpus
        self._cpus, self._memory = cpus, memory_bytes
        self._gpus = list(range(gpus))
        #: How many jobs have something.
        self.lent = 0
        self._changed = threading.Condition()

    @classmethod
    def of(cls, settings: Settings) -> "Capacity":
        """What the settings say, or else this machine."""
        return cls(settings.runner_cpus, settings.runner_memory_bytes or _memory_of_machine(), settings.runner_gpus)

    @property
    def free_cpus(self) -> float:
        """CPUs that nobody has."""
        return self._cpus

    def can_ever(self, spec: Spec) -> bool:
        """Whether it fits when nothing else runs."""
        return spec.cpus <= self.cpus + ROUNDING and spec.memory_bytes <= self.memory_bytes and spec.gpus <= self.gpus

    def lend(self, spec: Spec, wait_s: float) -> Grant | None:
        """What the job was promised; None where it is not free within the time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._fits(spec), timeout=wait_s):
                return None
            gpus = tuple(self._gpus[: spec.gpus])
            self._gpus = self._gpus[spec.gpus :]
            self.lent += 1
            self._cpus -= spec.cpus
            self._memory -= spec.memory_bytes
            return Grant(spec.cpus, spec.memory_bytes, gpus, self)

    def take_back(self, grant: Grant) -> None:
        """The job needs it no more; once is enough."""
        with self._changed:
            if grant.is_over:
                return
            grant.is_over = True
            self.lent -= 1
            self._cpus += grant.cpus
            self._memory += grant.memory_bytes
            self._gpus = sorted((*self._gpus, *grant.gpus))
            self._changed.notify_all()

    def wait_for_some(self, wait_s: float) -> bool:
        """Whether anything is free, waiting a while for it."""
        with self._changed:
            return self._changed.wait_for(lambda: self._cpus > ROUNDING, timeout=wait_s)

    def _fits(self, spec: Spec) -> bool:
        has_room = spec.cpus <= self._cpus + ROUNDING and spec.memory_bytes <= self._memory
        return has_room and spec.gpus <= len(self._gpus)


def _memory_of_machine() -> int:
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * PART_OF_MEMORY)
