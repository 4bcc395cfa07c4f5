"""What our own containers in a pod have in common: the job, the store, and how they tell of a fault."""

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tandem import logs
from tandem.errors import InputGone, NotStarted, TandemError
from tandem.records.bundle import Records, open_records
from tandem.records.jobs import Job
from tandem.settings import Settings, read_settings
from tandem.stores import Store, open_store

log = logging.getLogger("tandem.jobs.cluster")


@dataclass(frozen=True)
class Inside:
    """One attempt at a job, seen from within its pod."""

    settings: Settings
    records: Records
    store: Store
    job: Job
    attempt: int


def carry_out(step: Callable[[Inside], None]) -> int:
    """Do it for the job and the attempt that the command line names. The last line that is written tells of a fault:
    as an object where the job is at fault, in a sentence where something was away."""
    run_id, attempt = sys.argv[1:]
    try:
        settings = read_settings()
        logs.configure(settings)
        records = open_records(settings)
        job = records.jobs.get(run_id)
        step(Inside(settings, records, open_store(settings, "jobs"), job, int(attempt)))
    except (InputGone, NotStarted) as error:
        print(json.dumps({"fault": type(error).__name__, "facts": error.facts}, default=str), flush=True)  # noqa: T201
    except (TandemError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  # the sentence is enough
    else:
        return 0
    return 1
