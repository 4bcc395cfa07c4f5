"""The experiments of which something is asked that nobody is there to answer."""

import logging
from collections.abc import Callable, Container, Iterable

from tandem.errors import QueueMissing, QueueUnavailable, RecordUnavailable
from tandem.gateway.assignment.pods import fits_label
from tandem.queues.base import Queue

log = logging.getLogger(__name__)


class Backlog:
    """What the record says is under way, where a message waits. Such are left by a pod that is lost, or ends just when
    a request comes, and by a gateway that ends."""

    def __init__(self, under_way: Callable[[], Iterable[str]], queue: Callable[[str], Queue]) -> None:
        self._under_way, self._queue = under_way, queue

    def experiments(self, but: Container[str]) -> list[str]:
        """Those that wait, without some of which it is known that somebody is there."""
        try:
            asked = sorted(self._under_way())
        except RecordUnavailable as error:
            log.warning("%s", error)
            return []
        return [name for name in asked if name not in but and fits_label(name) and self.waits(name)]

    def waits(self, experiment: str) -> bool:
        """Whether there are messages in its queue."""
        try:
            depth = self._queue(experiment).depth()
        except QueueMissing:
            return False
        except QueueUnavailable as error:
            log.warning("%s", error)
            return False
        return bool(depth.waiting or depth.leased)
