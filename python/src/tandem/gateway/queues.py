"""The queue of each experiment."""

from functools import cache

from tandem.errors import InvalidSetting
from tandem.queues import open_queue
from tandem.queues.base import Queue
from tandem.settings import Settings


class Queues:
    """One for each experiment that somebody asks for; `make` lets those be made that are missing."""

    def __init__(self, settings: Settings, *, make: bool = False) -> None:
        self._settings, self._may_make = settings, make
        #: The queue of an experiment.
        self.of = cache(self._open)

    def settings_of(self, experiment: str) -> Settings:
        """The settings that lead to the queue of an experiment."""
        url = self._settings.queue_url
        if url is not None and url.startswith("sqlite:"):
            url = f"{url.partition('#')[0]}#{experiment}"
        return self._settings.model_copy(update={"experiment_id": experiment, "queue_url": url})

    def _open(self, experiment: str) -> Queue:
        return open_queue(self.settings_of(experiment), make=self._may_make)


def check_apart(settings: Settings) -> None:
    """InvalidSetting where all experiments share one queue: workers would receive what is for others."""
    url = settings.queue_url
    if settings.work_queue_hash:
        reason = "where the gateway assigns workers, each experiment has a hash of its own"
        raise InvalidSetting(name="WORK_QUEUE_HASH", value=settings.work_queue_hash, reason=reason)
    if url is not None and not url.startswith("sqlite:"):
        reason = "where the gateway assigns workers, each experiment has a queue of its own"
        raise InvalidSetting(name="TANDEM_QUEUE_URL", value=url, reason=reason)
    if url is None and settings.in_development:
        reason = "in development all experiments share a queue; where the gateway assigns workers, each has its own"
        raise InvalidSetting(name="CLUSTER_ENV", value=settings.cluster_env, reason=reason)
