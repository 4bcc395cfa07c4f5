"""`python -m tandem.worker`: put the parts together and work."""

import logging
import signal
import threading
from pathlib import Path

from tandem import logs, tracing
from tandem.ending import run
from tandem.errors import TandemError
from tandem.events.redis import open_events
from tandem.experiments.editor import open_editor
from tandem.experiments.source import ExperimentSource, LocalSource
from tandem.experiments.sync import SyncedSource
from tandem.models import open_model
from tandem.queues import open_queue
from tandem.queues.leases import EXTEND_AFTER, Leases
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.status import StatusFile
from tandem.stores import open_store
from tandem.worker.announcements import Announcements
from tandem.worker.bridge import RService
from tandem.worker.life import Parts
from tandem.worker.podinfo import wait_until_assigned
from tandem.worker.service import Worker
from tandem.worker.watch import LOCAL_LOOK_S, Watch
from tandem.worker.work import Work

log = logging.getLogger("tandem.worker")


def main() -> int:
    """Wait for an experiment, then serve it."""
    settings = Settings()
    logs.configure(settings)
    tracing.configure(settings)
    status = StatusFile(settings.status_file)
    status.write("starting")
    assigned = _wait(settings, status)
    if assigned is None:
        return 0
    announcements = Announcements(open_events(assigned))
    queue, record, r = open_queue(assigned), open_record(assigned), RService(assigned.r_url, assigned.r_patience_s)
    leases = Leases(assigned.visibility_s)
    on_this_machine = assigned.database_url.startswith("sqlite")
    look_s = LOCAL_LOOK_S if on_this_machine else assigned.visibility_s * EXTEND_AFTER
    source = _source(assigned)
    work = Work(
        assigned,
        results=open_store(assigned, "worker-results"),
        r=r,
        source=source,
        editor=open_editor(assigned, _folder(assigned), source),
        model=open_model(assigned),
        announcements=announcements,
    )
    threading.Thread(target=_fetch_early, args=[work, assigned.experiment_id], name="early-fetch", daemon=True).start()
    parts = Parts(
        settings=assigned,
        queue=queue,
        record=record,
        leases=leases,
        watch=Watch(record, r, announcements, look_s),
        announcements=announcements,
        work=work,
    )
    return Worker(assigned, parts, status).run()


def _wait(settings: Settings, status: StatusFile) -> Settings | None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def pause(seconds: float) -> bool:
        status.write("waiting", "for an experiment")
        return stop.wait(seconds)

    return wait_until_assigned(settings, pause)


def _fetch_early(work: Work, experiment: str) -> None:
    """Let R load the dataset before the first task asks for it."""
    try:
        work.fetch_dataset(experiment, at_once=False)
    except TandemError as error:
        log.info("the first task will fetch the dataset: %s", error)


def _folder(settings: Settings) -> Path:
    return settings.data / (settings.experiment_id or "")


def _source(settings: Settings) -> ExperimentSource:
    folder = _folder(settings)
    if settings.store_is_embedded:
        return LocalSource(folder)
    matrices, cell_sets = open_store(settings, "processed-matrix"), open_store(settings, "cell-sets")
    return SyncedSource(settings.experiment_id or "", folder, matrices, cell_sets)


if __name__ == "__main__":
    run(main, log)
