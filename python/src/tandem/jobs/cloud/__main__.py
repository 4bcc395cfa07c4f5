"""`python -m tandem.jobs.cloud`: put the parts together and watch a bucket."""

import logging

from tandem import logs
from tandem.ending import run
from tandem.errors import InvalidSetting
from tandem.jobs.cloud.bucket import Bucket
from tandem.jobs.cloud.errands import World
from tandem.jobs.cloud.watcher import Watcher
from tandem.jobs.programs.library import Library
from tandem.jobs.submission import Desk
from tandem.queues.leases import Leases
from tandem.queues.sqs import SqsQueue
from tandem.records.bundle import open_records
from tandem.settings import read_settings
from tandem.status import StatusFile
from tandem.stores import open_store

log = logging.getLogger("tandem.jobs.cloud")


def main() -> int:
    """Watch until told to stop."""
    settings = read_settings()
    logs.configure(settings)
    name, place = settings.cloud_bucket, settings.cloud_queue
    for variable, value in (("TANDEM_CLOUD_BUCKET", name), ("TANDEM_CLOUD_QUEUE", place)):
        if not value:
            raise InvalidSetting(name=variable, value="", reason="it names what is to be watched")
    status = StatusFile(settings.status_file)
    status.write("starting")
    records, store = open_records(settings), open_store(settings, "jobs")
    queue = SqsQueue(settings, str(place) if "://" in str(place) else f"sqs://{place}")
    desk = Desk(settings, records, store, Library.of(settings, store))
    world = World(Bucket(settings, str(name)), records, store, desk)
    status.write("ready")
    return Watcher(str(name), queue, Leases(settings.visibility_s), world, status).run()


if __name__ == "__main__":
    run(main, log)
