"""Jobs are taken away: from the record, then what they left in the store."""

from collections.abc import Sequence

from tandem.records.bundle import Records
from tandem.records.jobs import Job
from tandem.stores import Store


def remove_jobs(jobs: Sequence[Job], records: Records, store: Store) -> None:
    """Remove jobs that have ended, and those of their results that no other job has for its own."""
    for prefix in records.jobs.delete(*(job.run_id for job in jobs)):
        for stored in list(store.list(prefix)):
            store.delete(stored.key)
