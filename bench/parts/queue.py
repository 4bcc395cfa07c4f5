"""The embedded queue by itself, and beside those of Celery and Dramatiq on a Redis of this machine."""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.contestants import Failed
from bench.experiments import ENVIRONMENT, ROOT, Experiments
from bench.job_place import redis_server
from bench.parts.found import ROUNDS, Found
from bench.rows import Row
from tandem.queues.sqlite import SqliteQueue

#: Seconds of one round in one thread.
ROUND_S = 1.0
#: Messages of a round at once, and one after the other.
AT_ONCE, ALONE = 2000, 200
#: A request of ordinary size.
BODY = '{"ETag": "0123456789abcdef", "body": {"name": "GeneExpression"}}' * 8
PEERS = {"celery": "Celery", "dramatiq": "Dramatiq"}
MEASURED = {
    "sent": "messages sent, one process",
    "through": "messages sent, received, handled and acknowledged, a process on either side",
}
FAIR = (
    "Queues: the same text of 500 bytes; one process that sends, and one worker with one thread that does nothing with"
    " it; acknowledged after that everywhere. Celery has its solo pool, no gossip and no results; both peers fetch as"
    " many messages ahead as they do by themselves (ours: 10). Their Redis keeps all in memory and saves nothing; ours"
    " is a file that outlives its processes, counts a message's receives, keeps groups in order and knows duplicates."
)


def measure(_experiments: Experiments) -> Found:
    """Alone in one thread first; then contestants take turns, each with a Redis and a file anew."""
    with TemporaryDirectory() as folder:
        queue = SqliteQueue(Path(folder) / "queue.sqlite", "bench", 30.0)
        cycles = [_cycles_a_second(queue) for _ in range(ROUNDS)]
        queue.close()
    found = Found(
        [Row("messages through the embedded queue: send, receive, acknowledge, in one thread", "a second", cycles)]
    )
    rates: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    latency: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for system in ("ours", *PEERS):
            told = _turn_of(system)
            for what in MEASURED:
                rates[what][system].append(told[what])
            latency[system] += told["latency_ms"]
            found.versions |= told["versions"]
    for what, words in MEASURED.items():
        found.rows += [Row(words, "a second", rates[what]["ours"], PEERS[peer], rates[what][peer]) for peer in PEERS]
    what = "a message alone, from send to handled"
    found.rows += [
        Row(what, "ms", latency["ours"], PEERS[peer], latency[peer], note=_p99(latency["ours"], latency[peer]))
        for peer in PEERS
    ]
    found.remarks.append(FAIR)
    return found


def _p99(ours: list[float], theirs: list[float]) -> str:
    last = [sorted(samples)[int(0.99 * (len(samples) - 1))] for samples in (ours, theirs)]
    return f"p99 {last[0]:.1f} ms, theirs {last[1]:.1f} ms"


def _turn_of(system: str) -> dict[str, Any]:
    python = sys.executable if system == "ours" else str(ROOT / ".tandem" / "bench-venv" / "bin" / "python")
    command = [python, "-m", "bench.contestants.queues", system, str(AT_ONCE), str(ALONE)]
    with redis_server() as redis_url, TemporaryDirectory(prefix="tandem-bench-") as folder:
        told = ENVIRONMENT | {
            "BENCH_REDIS": redis_url,
            "BENCH_QUEUE": f"{folder}/queue.sqlite",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        run = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Failed(f"{system}: {(run.stderr.strip() or 'no word').splitlines()[-1]}")
    return dict(json.loads(run.stdout.splitlines()[-1]))


def _cycles_a_second(queue: SqliteQueue) -> float:
    began, done = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < ROUND_S:
        queue.send(BODY)
        (lease,) = queue.receive(1, 0)
        queue.acknowledge(lease)
        done += 1
    return done / passed
