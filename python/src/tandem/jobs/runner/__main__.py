"""`python -m tandem.jobs.runner`: put the parts together and take jobs."""

import logging
import time
from collections.abc import Callable
from functools import partial
from socket import gethostname
from uuid import uuid4

from tandem import logs
from tandem.cluster import needed_by
from tandem.ending import run
from tandem.events.redis import open_events
from tandem.exchange.r_process import library_in
from tandem.exchange.request import Places
from tandem.jobs.execution import walls
from tandem.jobs.gathering import Gathering
from tandem.jobs.programs.library import Library
from tandem.jobs.queues import PRIORITIES, check_names, open_job_queue
from tandem.jobs.runner.attempt import Way
from tandem.jobs.runner.capacity import Capacity
from tandem.jobs.runner.housekeeping import Housekeeping
from tandem.jobs.runner.intake import Intake
from tandem.jobs.runner.life import Life, Parts
from tandem.jobs.runner.preparation import Preparation
from tandem.jobs.runner.processes import Processes
from tandem.jobs.runner.returning import Returning
from tandem.jobs.runner.service import Runner
from tandem.jobs.runner.telling import Telling
from tandem.jobs.runner.watch import Watch
from tandem.jobs.scheduling import submit_due
from tandem.jobs.submission import Desk
from tandem.queues.leases import Leases
from tandem.records.bundle import Records, open_records
from tandem.settings import Settings, read_settings
from tandem.status import StatusFile
from tandem.stores import Store, open_store

log = logging.getLogger("tandem.jobs.runner")

#: How often a runner says that it is there, and tidies what it keeps of inputs, in seconds.
SEEN_S, TIDY_S = 10.0, 3600.0


def main() -> int:
    """Take jobs until told to stop."""
    settings = read_settings()
    logs.configure(settings)
    check_names(settings.runner_queues)
    status = StatusFile(settings.status_file)
    status.write("starting")
    records, store, capacity = open_records(settings), open_store(settings, "jobs"), Capacity.of(settings)
    folders = settings.state / "jobs"
    telling = Telling(open_events(settings))
    hidden = (settings.state.resolve(), settings.data.resolve())
    gathering = Gathering(settings, records, store)
    preparation = Preparation(records, store, gathering, folders / "cache" / "programs", hidden)
    parts = Parts(
        settings=settings,
        records=records,
        store=store,
        folders=folders / "runs",
        way=_way(settings, records, store, preparation),
        returning=Returning(settings, telling.cell_sets),
        telling=telling,
    )
    queues = [open_job_queue(settings, name, priority) for priority in PRIORITIES for name in settings.runner_queues]
    desk = Desk(settings, records, store, Library.of(settings, store), _experiments(settings))
    say_seen = partial(_seen, records, f"{gethostname()}-{uuid4().hex[:8]}", settings, capacity)
    tidy = _every(TIDY_S, gathering.blobs.tidy)
    chores = Housekeeping([_every(SEEN_S, say_seen), desk.dispatch.send_ready, tidy])
    # To bring what a job reads may take long, and nothing else is to wait for that.
    Housekeeping([partial(submit_due, records.schedules, desk)]).start()
    leases = Leases(settings.visibility_s)
    status.write("ready")
    return Runner(capacity, Intake(queues), leases, Life(parts), Watch(records.runs), chores, status).run()


def _experiments(settings: Settings) -> Places | None:
    """Where those are that scheduled jobs read, if they lie on this machine."""
    if not settings.store_is_embedded:
        return None
    return Places(settings.data, library_in(settings.state), settings.state / "logs")


def _way(settings: Settings, records: Records, store: Store, preparation: Preparation) -> Way:
    if settings.runner_mode == "process":
        walls.best_way()  # is found by trying, which the first job need not wait for
        return Processes(preparation, store)
    with needed_by("TANDEM_RUNNER_MODE", "kubernetes"):
        from tandem.jobs.cluster.api import Cluster
        from tandem.jobs.cluster.way import KubernetesWay
    return KubernetesWay(settings, records, store, preparation, Cluster.of(settings))


def _every(pause_s: float, chore: Callable[[], object]) -> Callable[[], object]:
    """The chore, with a pause between two times."""
    done_at = -pause_s

    def do() -> None:
        nonlocal done_at
        if time.monotonic() - done_at >= pause_s:
            chore()
            done_at = time.monotonic()

    return do


def _seen(records: Records, runner_id: str, settings: Settings, capacity: Capacity) -> None:
    records.runners.seen(
        runner_id,
        host=gethostname(),
        queues=settings.runner_queues,
        cpus=capacity.cpus,
        memory_bytes=capacity.memory_bytes,
        gpus=capacity.gpus,
    )


if __name__ == "__main__":
    run(main, log)
