"""A platform under steady work for a long time: what its processes hold, how that grows, and what is left behind.

SOAK_MINUTES says for how long. At every look nobody works: what is held then is held for no reason or for good.
"""

import asyncio
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory

from bench.experiments import KEPT, Experiment, Experiments
from bench.job_place import PROGRAM
from bench.parts.found import Found
from bench.platform_home import Running, platform
from bench.processes import Held, held_of, keeper_of, shared_segments
from bench.rows import Row
from bench.small_tasks import SmallTasks
from bench.steady_work import ACTIONS
from bench.visitors import Visits

MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))
#: Those who work, and how long they rest after each thing, in seconds: some three things a second.
VISITORS, REST_S = 4, 1.0
#: Between two looks, and before the first one, as parts of the whole time.
LOOKS, WARM_PART = 60, 0.1
#: How long nobody works before a look, in seconds.
QUIET_S = 3.0
#: What stays by intent: the note of the ports that platforms of a user were promised.
STAYS = "tandem-ports-*"
#: What growth of open files from the first look to the last is no leak: a connection more here and there.
FILES_GROWTH = 1.1


@dataclass(frozen=True)
class Look:
    """What there was at one moment."""

    hours: float
    held: dict[str, Held]
    segments: int
    #: Files and folders in memory and in the temporary folder.
    left: int


def measure(experiments: Experiments) -> Found:
    """The base size, on a platform whose temporary files lie where nobody else's do."""
    experiment = experiments.base
    with (
        TemporaryDirectory(dir=KEPT) as data,
        TemporaryDirectory(dir="/dev/shm", prefix="tandem-bench-") as scratch,
        TemporaryDirectory(prefix="tandem-bench-") as temporary,
    ):
        _prepare(experiment, Path(data))
        places = (Path(scratch), Path(temporary))
        with platform(experiment.size, data=Path(data), TANDEM_SCRATCH=scratch, TMPDIR=temporary) as running:
            visits = Visits(running.address, experiment.size, SmallTasks(experiment), VISITORS, REST_S)
            looks = asyncio.run(_watched(running, visits, places))
        return _found(looks, visits, running.processes(), _entries(places))


def _prepare(experiment: Experiment, data: Path) -> None:
    experiment.linked(data / experiment.size)
    program = data / "programs" / "empty"
    program.mkdir(parents=True)
    (program / "program.toml").write_text(PROGRAM)


async def _watched(running: Running, visits: Visits, places: tuple[Path, ...]) -> list[Look]:
    """Looks at even distances, after a while in which everything is used for the first time."""
    seconds, looks = 60 * MINUTES, []
    began = time.monotonic()
    working = asyncio.create_task(visits.last(seconds, ACTIONS))
    await asyncio.wait([working], timeout=WARM_PART * seconds)
    while not working.done():
        async with visits.quiet():
            await asyncio.sleep(QUIET_S)
            looks.append(await asyncio.to_thread(_look, running, (time.monotonic() - began) / 3600, places))
        await asyncio.wait([working], timeout=seconds / LOOKS)
    await working
    await asyncio.sleep(QUIET_S)
    looks.append(_look(running, (time.monotonic() - began) / 3600, places))
    return looks


def _look(running: Running, hours: float, places: tuple[Path, ...]) -> Look:
    pids: dict[str, int] = {part.program.kind: part.pid for part in running.parts().values()}
    layout, front = running.platform.layout, pids.pop("r")
    pids |= {"supervisor": int(layout.supervisor_pid.read_text())}
    pids |= {"R's front": front, "R's keeper of the data": keeper_of(front)}
    held = {name: held_of(pid) for name, pid in pids.items()}
    return Look(hours, held, shared_segments(running.processes()), len(_entries(places)))


def _entries(places: tuple[Path, ...]) -> list[Path]:
    return [path for place in places for path in place.rglob("*") if not path.match(STAYS)]


def _found(looks: list[Look], visits: Visits, processes: set[int], left: list[Path]) -> Found:
    first, last = looks[0], looks[-1]
    found = Found([_slope(name, looks) for name in first.held])
    files = [sum(held.files for held in look.held.values()) for look in (first, last)]
    at_first = "at the first look"
    found.rows += [
        Row("open files of all processes at the end", "files", [files[1]], at_first, [files[0]], FILES_GROWTH),
        Row("temporary files at the end, nobody at work", "files", [last.left], at_first, [first.left]),
        Row("temporary files once it has stopped", "files", [len(left)], at_most=0),
        Row("segments of shared memory at the end", "segments", [last.segments], at_most=0),
    ]
    faults = {
        f"{files[1]} files are open, {files[0]} were at the first look": files[1] > FILES_GROWTH * files[0],
        f"{last.segments} segments of shared memory are there": last.segments,
        f"processes {sorted(processes)} run on": processes,
        f"{len(left)} temporary files are left, as {', '.join(map(str, left[:3]))}": left,
    }
    found.faults = [f"Soak: at the end {what}." for what, is_so in faults.items() if is_so]
    did = sum(map(len, visits.took.values()))
    failed = "".join(f"; {number} times {what}" for what, number in Counter(visits.failures).most_common(3))
    found.remarks.append(
        f"The soak lasted {MINUTES:g} min with {len(looks)} looks, each {QUIET_S:g} s after all work; {VISITORS}"
        f" clients did {did} things of {len(ACTIONS)} sorts, and {len(visits.failures)} went wrong{failed}."
    )
    return found


def _slope(name: str, looks: list[Look]) -> Row:
    """How the memory of a process grows along the line through all looks. PSS also changes with what others share."""
    hours, held = [look.hours for look in looks], [look.held[name] for look in looks]
    pss = [one.pss_mb for one in held]
    private = linear_regression(hours, [one.private_mb for one in held]).slope
    note = (
        f"PSS from {pss[0]:.1f} to {pss[-1]:.1f} MB, at most {max(pss):.1f} MB; private memory {private:+.1f} an hour"
    )
    return Row(f"soak: growth of {name}", "MB an hour", [linear_regression(hours, pss).slope], note=note)
