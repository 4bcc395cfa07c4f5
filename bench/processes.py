"""What processes hold: memory, open files, shared memory."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tandem.local.memory import family

#: What the process calls itself that keeps the dataset of an R service.
KEEPER = "tandem-dataset"


@dataclass(frozen=True)
class Held:
    """What one process holds; nothing once it is gone."""

    pss_mb: float = 0.0
    private_mb: float = 0.0
    files: int = 0


def held_of(pid: int) -> Held:
    """What a process holds now. Its PSS is what is its own, and its part of what it shares."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines)}
        private = sum(size for name, size in sizes.items() if name.startswith("Private_"))
        return Held(sizes["Pss"], private, len(list(Path(f"/proc/{pid}/fd").iterdir())))
    return Held()


def keeper_of(pid: int) -> int:
    """The process that keeps the dataset of this R service; 0 if there is none."""
    return next((one for one in family([pid]) if _name(one) == KEEPER), 0)


def shared_segments(pids: Iterable[int]) -> int:
    """The System V segments of shared memory that these processes made."""
    makers = {str(pid) for pid in pids}
    head, *lines = (line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines())
    return sum(line[head.index("cpid")] in makers for line in lines)


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
