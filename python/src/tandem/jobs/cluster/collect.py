"""`python -m tandem.jobs.cluster.collect <job> <attempt>`: bring what the program has made into the store."""

import sys

from tandem.jobs.cluster import handover
from tandem.jobs.cluster.inside import Inside, carry_out
from tandem.jobs.cluster.places import RUN
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.runner import results
from tandem.jobs.runner.attempt import Harvest
from tandem.jobs.runner.findings import findings_in
from tandem.records.job import folder_of


def collect(inside: Inside) -> None:
    """Results, logs of the program's own, and a note of them. That it is whole is for the runner to say."""
    folder = RunFolder(inside.settings.home / RUN)
    folder.take_back()
    prefix = folder_of(inside.job.run_id)
    results.upload_logs(folder.logs, prefix, inside.store)
    harvest = Harvest(results.upload(folder.results, prefix, inside.store), findings_in(folder.results))
    handover.leave(harvest, prefix, inside.attempt, inside.store)


if __name__ == "__main__":
    sys.exit(carry_out(collect))
