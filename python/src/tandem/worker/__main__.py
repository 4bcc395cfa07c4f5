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
from tandem.settings import Settings, read_settings
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
    settings = read_settings()
    logs.configure(settings)
    tracing.configure(settings)
    told_to_end = _told_to_end()
    status = StatusFile(settings.status_file)
    status.write("starting")
    assigned = _wait(settings, status, told_to_end)
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
    worker = Worker(assigned, parts, status)  # from here on it hears the signals itself
    return 0 if told_to_end.is_set() else worker.run()


def _told_to_end() -> threading.Event:
    """Set when a signal asks us to end before there is a worker to hear it."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return told


def _wait(settings: Settings, status: StatusFile, told_to_end: threading.Event) -> Settings | None:
    def pause(seconds: float) -> bool:
        status.write("waiting", "for an experiment")
        return told_to_end.wait(seconds)

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
