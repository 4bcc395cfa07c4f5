"""How much memory there is, what processes hold of it, and what an experiment will need."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tandem.experiments.source import DATASET_FILE

#: The part of the machine's memory that open experiments may hold unless it is said otherwise.
DEFAULT_PART = 0.6
#: What R and the worker of an experiment hold beside its data, in bytes (measured: 402 to 410 MB).
BASE_BYTES = 400 << 20
#: What a byte of store/object.rds, which is compressed, takes in memory at most.
OBJECT_GROWTH = 4.0
#: What a byte of r.rds takes while the store is made of it (measured: 6.6).
DATASET_GROWTH = 8.0
#: What a control group calls its limit, in either generation of them.
LIMITS = (("", "memory.max"), ("memory", "memory.limit_in_bytes"))


def default_budget() -> int:
    """What open experiments may hold together, in bytes."""
    return int(DEFAULT_PART * min(machine_bytes(), *group_limits()))


def machine_bytes(meminfo: Path = Path("/proc/meminfo")) -> int:
    """The memory of this machine."""
    return next(int(line.split()[1]) << 10 for line in meminfo.read_text().splitlines() if line.startswith("MemTotal"))


def group_limits(groups: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> Iterator[int]:
    """The limits of the control groups that we are in."""
    yield 1 << 62  # whatever follows is lower
    for line in groups.read_text().splitlines() if groups.is_file() else ():
        _, controllers, path = line.split(":", 2)
        for controller, name in LIMITS:
            if controller in controllers.split(","):
                folder = root / controller / path.strip("/")
                for group in (folder, *folder.parents):
                    with suppress(OSError, ValueError):  # there is no limit, or it is called `max`
                        if group.is_relative_to(root):
                            yield int((group / name).read_text())


def held_by(pids: Iterable[int]) -> int:
    """The memory of processes and all that they have started, in bytes. Files that they have mapped do not count: the
    kernel takes those back when it needs to."""
    return sum(map(_held, family(pids)))


def family(pids: Iterable[int]) -> set[int]:
    """Processes and all that they have started."""
    children = _children()
    found: set[int] = set()
    waiting = [pid for pid in pids if pid]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, ())
    return found


def estimate(folder: Path) -> int:
    """What an experiment will need, told by its files, in bytes."""
    for file, growth in ((folder / "store" / "object.rds", OBJECT_GROWTH), (folder / DATASET_FILE, DATASET_GROWTH)):
        with suppress(OSError):
            return BASE_BYTES + int(growth * file.stat().st_size)
    return BASE_BYTES


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):  # a process may go while it is looked at
                # Its name, in brackets, may hold anything.
                parent = int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    return children


def _held(pid: int) -> int:
    """The anonymous and shared memory of a process, of what it shares its part."""
    with suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        told = {name: int(rest.split()[0]) << 10 for name, _, rest in (line.partition(":") for line in lines)}
        return told["Pss"] - told.get("Pss_File", 0)
    return 0
