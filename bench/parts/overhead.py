"""What a task takes on top of its analysis, from being sent to its event, and how many small ones two cores carry."""

import statistics
import time

from bench.experiments import Experiments
from bench.job_place import redis_server
from bench.parts.found import Found
from bench.pod import Answers, Pod, pod
from bench.rows import Row
from bench.small_tasks import SmallTasks

#: Tasks one after the other, and at once.
ALONE, AT_ONCE = 500, 1000
#: Tasks before anything is measured.
WARM = 20
#: What a task may take, in milliseconds: one of two, and all but one of a hundred.
P50_MS, P99_MS = 25.0, 100.0
ROUNDS = 3
REMARK = (
    "A task is timed from before its message is sent and noted in the record until its answer is heard where socket.io"
    " servers listen. It is the cheapest analysis, one line of the list of genes, with a name that nobody has asked for"
    " before; worker and R service are the real ones, on the embedded queue, record and store."
)


def measure(experiments: Experiments) -> Found:
    """One after the other, then many at once."""
    experiment = experiments.base
    tasks = SmallTasks(experiment)
    with redis_server() as redis_url, pod(experiment, redis_url) as pod_:
        answers = Answers(redis_url)
        _rate(pod_, answers, tasks, WARM)
        alone = [_alone(pod_, answers, tasks) for _ in range(ALONE)]
        rates = [_rate(pod_, answers, tasks, AT_ONCE) for _ in range(ROUNDS)]
        answers.close()
    p99 = statistics.quantiles(alone, n=100)[98]
    what = f"overhead of a task, {experiment.size} cells, from send to event"
    note = f"{ALONE} tasks, one after the other"
    return Found(
        [
            Row(f"{what}, median", "ms", alone, at_most=P50_MS, note=note),
            Row(f"{what}, p99", "ms", [p99], at_most=P99_MS, note=note),
            Row(f"small tasks, {experiment.size} cells, {AT_ONCE:,} at once, 2 cores", "a second", rates),
        ],
        remarks=[REMARK],
    )


def _alone(pod_: Pod, answers: Answers, tasks: SmallTasks) -> float:
    """Milliseconds of one task."""
    began = time.perf_counter()
    etag = pod_.send(tasks.page())
    return 1000 * (answers.wait_for(etag) - began)


def _rate(pod_: Pod, answers: Answers, tasks: SmallTasks, count: int) -> float:
    """Tasks a second, from the first that is sent to the last that is answered."""
    began = time.perf_counter()
    etags = [pod_.send(tasks.page()) for _ in range(count)]
    return count / (max(answers.wait_for(etag) for etag in etags) - began)
