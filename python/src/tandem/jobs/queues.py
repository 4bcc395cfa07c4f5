"""Where jobs wait: for each queue that has a name, one for each priority."""

import re
from typing import get_args

from tandem.queues import Queue, open_queue
from tandem.records.jobs import Priority
from tandem.settings import Settings

#: From the one that is looked at first.
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
#: How a queue may be called.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


def queue_name(settings: Settings, queue: str, priority: Priority) -> str:
    """What the queue is called where all queues are."""
    return f"tandem-jobs-{queue}-{priority}-{settings.cluster_env}.fifo"


def open_job_queue(settings: Settings, queue: str, priority: Priority) -> Queue:
    """One of them. In development it is made where it is missing; elsewhere whoever runs the cluster makes it."""
    return open_queue(settings, queue_name(settings, queue, priority), make=settings.in_development)
