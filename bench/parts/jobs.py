"""Empty jobs: how many a second, what each takes on top of its process, and how large groups are handed in.

The same empty process as a job of RQ and of Dramatiq, each with a Redis of this machine and two jobs at work at a time.
"""

import json
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from bench.contestants import Failed
from bench.experiments import ENVIRONMENT, ROOT, Experiments
from bench.job_place import JobPlace, job_place, redis_server, wait_until
from bench.parts.found import Found
from bench.rows import Row
from tandem.jobs.execution import walls
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Launch, Limits, carry_out
from tandem.jobs.execution.stop import Stop
from tandem.jobs.execution.walls import Way
from tandem.jobs.queues import open_job_queue
from tandem.jobs.wishes import JobWish, SweepWish
from tandem.records.facts import Facts
from tandem.records.groups import Group
from tandem.states import OPEN, State

ROUNDS = 3
#: Jobs that are handed in at once, jobs that are handed in one after the other, and those of the large group.
AT_ONCE, ALONE, GROUP = 200, 25, 10_000
#: What is asked of us, in milliseconds: of a job among many (60 a second), of its queue and record (200 a second),
#: and on top of its process.
STREAM_MS, BOOKS_MS, OVERHEAD_MS = 16.7, 5.0, 40.0
#: How often the first page of the list is asked for.
LOOKS = 30
PEERS = {"rq": "RQ, a fork for each job", "rq-simple": "RQ, SimpleWorker", "dramatiq": "Dramatiq"}
HONEST = (
    "RQ and Dramatiq keep all in memory and run the process beside themselves. Ours writes queue and record to disk,"
    " walls the process in, meters it, keeps its output and its results: what an empty job loses against them is that."
)


def measure(_experiments: Experiments) -> Found:
    """All of it; contestants take turns, and nobody works while it is another one's turn."""
    found = Found(remarks=[HONEST])
    stream: dict[str, list[float]] = defaultdict(list)
    alone: dict[str, list[float]] = defaultdict(list)
    books: list[float] = []
    for _ in range(ROUNDS):
        with redis_server() as redis_url, job_place(redis_url) as place:
            stream_ms, alone_ms = _ours(place)
            stream["ours"].append(stream_ms)
            alone["ours"] += alone_ms
            books.append(_books(place))
        for peer in PEERS:
            with redis_server() as redis_url:
                told = _theirs(peer, redis_url)
            stream[peer].append(1000 * told["took_s"] / AT_ONCE)
            alone[peer] += told["alone_ms"]
            found.versions |= told["versions"]
    bare = _bare()
    found.rows += _compared(f"an empty job among {AT_ONCE} at once, 2 CPUs", stream, STREAM_MS)
    found.rows.append(Row("queue and record of an empty job, without its process", "ms", books, at_most=BOOKS_MS))
    found.rows[-1].note = f"{1000 / statistics.median(books):.0f} a second, one after the other in one thread"
    found.rows += _compared("an empty job alone, from submission to end", alone)
    extra = [each - statistics.median(bare) for each in alone["ours"]]
    note = f"the bare process takes {statistics.median(bare):.2f} ms"
    found.rows.append(Row("the same on top of its bare process", "ms", extra, at_most=OVERHEAD_MS, note=note))
    found.rows += _walled()
    found.rows += _large_group()
    return found


def _compared(what: str, took: dict[str, list[float]], at_most: float | None = None) -> list[Row]:
    """Ours by itself, where something is asked of it, then beside each peer."""
    ours = took["ours"]
    note = f"{1000 / statistics.median(ours):.0f} a second" if at_most else f"ours {_p95(ours)}"
    rows = [Row(what, "ms", ours, at_most=at_most, note=note)] if at_most else []
    for peer, name in PEERS.items():
        said = f"{name}: {1000 / statistics.median(took[peer]):.0f} a second" if at_most else f"{note}, {name} "
        rows.append(Row(what, "ms", ours, name, took[peer], note=said if at_most else said + _p95(took[peer])))
    return rows


def _p95(samples: list[float]) -> str:
    return f"p95 {sorted(samples)[int(0.95 * (len(samples) - 1))]:.0f} ms"


def _ours(place: JobPlace) -> tuple[float, list[float]]:
    """Milliseconds of a job among many, and of each that was alone."""
    with place.runner():
        _end_of(place, 4)
        began = time.perf_counter()
        _end_of(place, AT_ONCE)
        stream_ms = 1000 * (time.perf_counter() - began) / AT_ONCE
        alone = []
        for _ in range(ALONE):
            began_at = time.time()
            job = place.desk.submit(JobWish(program="empty", force=True))
            wait_until(lambda job=job: place.records.jobs.get(job.run_id).state.terminal)  # type: ignore[misc]
            ended = place.records.jobs.get(job.run_id)
            if ended.finished_at is None or ended.state is not State.COMPLETE:
                raise Failed(f"an empty job came to nothing: {ended.reason}")
            alone.append(1000 * (ended.finished_at.timestamp() - began_at))
    return stream_ms, alone


def _end_of(place: JobPlace, count: int) -> None:
    """Hand so many jobs in at once, and wait for the last."""
    wish = SweepWish(program="empty", space={"n": list(range(count))}, force=True)
    group = place.desk.sweep(wish)
    wait_until(lambda: not set(OPEN) & set(_counts(place, group)))
    if _counts(place, group) != {State.COMPLETE: count}:
        failed = next(job for job in place.records.jobs.find() if job.state is not State.COMPLETE)
        raise Failed(f"an empty job came to nothing: {failed.reason}")


def _counts(place: JobPlace, group: Group) -> Mapping[State, int]:
    return place.records.groups.counts([group.group_id])[group.group_id]


def _books(place: JobPlace) -> float:
    """Milliseconds that a job's message and its rows take, through the classes that carry them."""
    group = place.desk.sweep(SweepWish(program="empty", space={"n": list(range(AT_ONCE))}, force=True))
    queue, records = open_job_queue(place.settings, "default", "normal"), place.records
    began = time.perf_counter()
    for _ in range(AT_ONCE):
        (lease,) = queue.receive(1, 1.0)
        job = records.jobs.get(json.loads(lease.body)["job"])
        records.runs.started(job.run_id, attempt=1)
        records.jobs.note(job.run_id, Facts(exit_code=0, cpu_s=0.0, wall_s=0.0))
        records.runs.finished(job.run_id, State.COMPLETE)
        queue.acknowledge(lease)
    took = time.perf_counter() - began
    queue.close()
    if _counts(place, group) != {State.COMPLETE: AT_ONCE}:
        raise Failed("not every job has gone through queue and record")
    return 1000 * took / AT_ONCE


def _theirs(peer: str, redis_url: str) -> dict[str, Any]:
    python = ROOT / ".tandem" / "bench-venv" / "bin" / "python"
    command = [str(python), "-m", "bench.contestants.empty_jobs", peer, str(AT_ONCE), str(ALONE)]
    told = ENVIRONMENT | {"BENCH_REDIS": redis_url, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Failed(f"{PEERS[peer]}: {(run.stderr.strip() or 'no word').splitlines()[-1]}")
    return dict(json.loads(run.stdout.splitlines()[-1]))


def _bare() -> list[float]:
    """Milliseconds of the process itself, started as plainly as Python can."""
    return [_timed(partial(subprocess.run, ["true"], check=True)) for _ in range(ROUNDS * ALONE)]


def _walled() -> list[Row]:
    """Milliseconds of one empty run with its folder, meter and logs, and what walls add to that."""
    ways: list[Way] = [way for way in ("process group", "bubblewrap") if walls.works(way)]
    took: dict[Way, list[float]] = defaultdict(list)
    with TemporaryDirectory(prefix="tandem-bench-") as folder:
        Path(folder).chmod(0o711)
        for _ in range(ALONE):
            for way in ways:
                took[way].append(_timed(partial(_run, way, Path(folder))))
    names = {"process group": "without walls", "bubblewrap": "with bubblewrap"}
    return [Row(f"an empty run, {names[way]}, with its folder, meter and logs", "ms", took[way]) for way in ways]


def _run(way: Way, folder: Path) -> None:
    run = RunFolder.make(folder / uuid4().hex)
    launch = Launch("empty", ("true",), run, {}, Limits(1.0, 100_000_000, 1 << 30, 60.0, 1.0))
    if carry_out(launch, way, Stop(), _Deaf()).exit_code != 0:
        raise Failed(f"an empty process came to nothing: {way}")
    run.remove()


class _Deaf:
    """Hears of output and progress, and does nothing with it."""

    def lines(self, *_: object) -> None:
        """Nothing is kept."""

    def progress(self, *_: object) -> None:
        """Nothing is kept."""


def _large_group() -> list[Row]:
    """Handing in a large group over HTTP, and looking at the list while it waits."""
    sweep = {"program": "empty", "space": {"n": list(range(GROUP))}}
    seconds, looks = [], []
    for _ in range(ROUNDS):
        with redis_server() as redis_url, job_place(redis_url) as place, place.gateway() as http:
            seconds.append(_timed(lambda: http.post("/sweeps", json=sweep).raise_for_status()) / 1000)
            page = partial(http.get, "/jobs", params={"limit": 50})
            looks += [_timed(page) for _ in range(LOOKS)]
    return [
        Row(f"POST /sweeps of {GROUP:,} jobs, until all have their messages", "s", seconds),
        Row(f"a page of 50 jobs while {GROUP:,} wait", "ms", looks, note=_p95(looks)),
    ]


def _timed(what: Any) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    what()
    return 1000 * (time.perf_counter() - began)
