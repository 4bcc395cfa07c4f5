"""Where jobs wait: for each queue that has a name, one for each priority."""

import re
from collections.abc import Sequence
from typing import cast, get_args

from tandem.errors import InvalidSetting
from tandem.queues import Queue, open_queue
from tandem.records.job import QUEUE, Priority
from tandem.settings import Settings

#: From the one that is looked at first.
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
#: A queue's name, and which one of it.
Place = tuple[str, Priority]


def check_names(queues: Sequence[str]) -> None:
    """InvalidSetting where a runner would take jobs from nowhere, or from what cannot be a queue."""
    wrong = next((name for name in queues if not re.fullmatch(QUEUE, name)), None)
    if wrong is not None or not queues:
        reason = "queues have names of small letters, digits, '_' and '-', with commas between them"
        raise InvalidSetting(name="TANDEM_RUNNER_QUEUES", value=wrong or "", reason=reason)


def queue_name(settings: Settings, queue: str, priority: Priority) -> str:
    """What the queue is called where all queues are."""
    return f"tandem-jobs-{queue}-{priority}-{settings.cluster_env}.fifo"


def open_job_queue(settings: Settings, queue: str, priority: Priority) -> Queue:
    """One of them. In development it is made where it is missing; elsewhere whoever runs the cluster makes it."""
    return open_queue(settings, queue_name(settings, queue, priority), make=settings.in_development)


def place_of(settings: Settings, name: str) -> Place | None:
    """Which queue of jobs is called so where all queues are; none if it is one of something else."""
    found = re.fullmatch(rf"tandem-jobs-({QUEUE})-({'|'.join(PRIORITIES)})-{settings.cluster_env}\.fifo", name)
    return (found[1], cast(Priority, found[2])) if found else None
