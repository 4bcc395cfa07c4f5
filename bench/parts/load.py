"""Much at once: thousands of tasks through one pod, many experiments within a budget of memory, many people at one."""

import asyncio
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.experiments import KEPT, Experiment, Experiments
from bench.job_place import redis_server, wait_until
from bench.parts.found import Found
from bench.platform_home import READY_S, Running, platform
from bench.pod import Answers, Pod, pod
from bench.rows import Row
from bench.small_tasks import SmallTasks
from bench.visitors import LOOKING, Visits
from tandem.local import memory
from tandem.records.base import Wanted
from tandem.states import State

#: Tasks through one pod, and those that go before, so that everything has been used once.
TASKS, WARM = 10_000, 200
#: How long the last answer may take to come after the one before, in seconds.
ANSWER_S = 60.0
#: Experiments that are opened in turn, and for how many there is memory.
OPENED, ROOM_FOR = 20, 4
#: How often their memory is looked at, in seconds.
LOOK_S = 0.5
#: People at a large experiment, and for how long, in seconds.
USERS, LASTS_S = 20, 60.0
MB = 1e6


def measure(experiments: Experiments) -> Found:
    """One after the other."""
    found = _many_tasks(experiments.base)
    found += _many_experiments(experiments.base)
    if experiments.large is not None:
        found += _many_users(experiments.large)
    return found


def _many_tasks(experiment: Experiment) -> Found:
    tasks = SmallTasks(experiment)
    with redis_server() as redis_url, pod(experiment, redis_url) as pod_:
        answers = Answers(redis_url)
        _answered(pod_, answers, tasks, WARM)
        before = pod_.held()
        seconds = _answered(pod_, answers, tasks, TASKS)
        after = pod_.held()
        answers.close()
        found = Found(faults=_lost_or_twice(pod_, answers))
    what = f"{TASKS:,} mixed small tasks, {experiment.size} cells, one worker and R service"
    found.rows.append(Row(what, "s", [seconds], note=f"{TASKS / seconds:.0f} a second; all sent at once"))
    for name, held in before.items():
        row = Row(f"private memory of {name} after {TASKS:,} tasks", "MB", [after[name].private_mb])
        row.peer, row.theirs = "before them", [held.private_mb]
        found.rows.append(row)
    return found


def _answered(pod_: Pod, answers: Answers, tasks: SmallTasks, count: int) -> float:
    """Seconds from the first that is sent to the last that is answered; the queue is empty then."""
    began = time.perf_counter()
    last = max([answers.wait_for(etag, ANSWER_S) for etag in [pod_.send(tasks.any()) for _ in range(count)]])
    wait_until(lambda: pod_.queue.depth().waiting + pod_.queue.depth().leased == 0)
    return last - began


def _lost_or_twice(pod_: Pod, answers: Answers) -> list[str]:
    """What is not as it was promised: each task complete, by one attempt, told once, with its result."""
    count = TASKS + WARM
    states = {state: pod_.record.count(Wanted(states=[state])) for state in State}
    runs = pod_.record.find(limit=count)
    faults = {
        "did not end as COMPLETE": count - states[State.COMPLETE],
        "needed more than one attempt": sum(run.attempt > 1 for run in runs),
        "were not answered exactly once": sum(answers.times[run.etag] != 1 for run in runs),
        "have no result": sum(pod_.results.head(run.etag) is None for run in runs),
        "were given up": pod_.queue.depth().dead,
    }
    return [f"Of {count:,} tasks, {number} {what}." for what, number in faults.items() if number]


def _many_experiments(experiment: Experiment) -> Found:
    """Each is asked for something new when the one before has answered."""
    names = [f"{experiment.size}-{number}" for number in range(1, OPENED + 1)]
    with TemporaryDirectory(dir=KEPT) as folder:
        for name in names:
            experiment.linked(Path(folder) / name)
        budget = ROOM_FOR * memory.estimate(experiment.folder)
        with platform(names[0], data=Path(folder), TANDEM_MEMORY_BUDGET=str(budget)) as running:
            watch = _Watch(running)
            seconds = [_opened(running.address, name) for name in names]
            watch.close()
    what = f"{OPENED} experiments of {experiment.size} cells in turn, memory for {ROOM_FOR}"
    note = f"up to {max(watch.open)} open at a time; the budget is what {ROOM_FOR} are expected to need"
    most, may = max(watch.held), budget / MB
    return Found(
        [
            Row(f"{what}: the most that R and workers held", "MB", [most], at_most=may, note=note),
            Row(f"{what}: from a request to its result, opening included", "s", seconds[1:]),
        ],
        faults=[f"The experiments held {most:.0f} MB, and {may:.0f} MB were theirs."] if most > may else [],
    )


def _opened(address: str, experiment: str) -> float:
    """Seconds to a result of an experiment that may have to be opened first."""
    began = time.perf_counter()
    with httpx.Client(base_url=address, timeout=READY_S, trust_env=False) as http:
        wanted = {"experimentId": experiment, "timeout": "2099-01-01T00:00:00Z", "body": {"name": "GetNUmis"}}
        asked = http.post(f"/v2/workRequest/{experiment}", json=wanted).raise_for_status()
        wait_until(lambda: State(http.get(asked.headers["location"]).json()["state"]).terminal, READY_S)
        http.get(f"/results/{asked.json()['data']['ETag']}").raise_for_status()
    return time.perf_counter() - began


class _Watch:
    """Looks at the memory of R services and workers again and again."""

    def __init__(self, running: Running) -> None:
        self._running = running
        #: What they held at each look, in MB, and how many experiments were open.
        self.held: list[float] = []
        self.open: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(LOOK_S):
            parts = self._running.platform.parts(("r", "worker"))
            self.held.append(memory.held_by(part.pid for part in parts) / MB)
            self.open.append(len(parts) // 2)


def _many_users(experiment: Experiment) -> Found:
    with platform(experiment.size) as running:
        visits = Visits(running.address, experiment.size, SmallTasks(experiment), USERS)
        asyncio.run(visits.last(LASTS_S, LOOKING))
    found = Found(visits.rows(LASTS_S, f"{USERS} users, {experiment.size} cells"))
    did = sum(map(len, visits.took.values()))
    failed = Counter(visits.failures).most_common(1)
    found.remarks.append(
        f"{USERS} users of {experiment.size} cells did {did} things in {LASTS_S:.0f} s, of which {len(visits.failures)}"
        f" went wrong{f': {failed[0][0]}' if failed else ''}."
    )
    return found
