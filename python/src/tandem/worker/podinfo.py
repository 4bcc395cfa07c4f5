"""Which experiment this pod is for: said by the environment, or by the labels it is given when it is assigned."""

import logging
import re
import time
from collections.abc import Callable
from pathlib import Path

from tandem.settings import Settings

log = logging.getLogger(__name__)

#: How often the labels are looked at while there is no experiment, in seconds.
POLL_S = 5.0
#: Label of the pod -> field of the settings.
LABELS = {"experimentId": "experiment_id", "sandboxId": "sandbox_id", "workQueueHash": "work_queue_hash"}
#: What a worker on a desk serves when nobody says otherwise.
DEVELOPMENT_EXPERIMENT = "test-experiment-id"


def read_labels(path: Path) -> dict[str, str]:
    """The labels of the downward API's file: lines of key="value"."""
    try:
        text = path.read_text()
    except OSError:
        return {}
    return dict(re.findall(r'^([\w./-]+)="(.*)"$', text, flags=re.MULTILINE))


def assigned(settings: Settings) -> Settings | None:
    """The settings with what the labels say, once they name an experiment; None before."""
    labels = read_labels(settings.labels_file)
    known = {field: labels[label] for label, field in LABELS.items() if labels.get(label)}
    merged = settings.model_copy(update=known)
    if merged.experiment_id:
        return merged
    if settings.in_development and not settings.labels_file.exists():
        return settings.model_copy(update={"experiment_id": DEVELOPMENT_EXPERIMENT})
    return None


class Owner:
    """Whom the labels name as the owner of this pod, while it works."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.labels_file
        self._named = read_labels(self._file).get("experimentId")
        self._looked_at = time.monotonic()

    def has_changed(self) -> bool:
        """Whether they name somebody else since the last look, or nobody. It is looked now and then."""
        if time.monotonic() - self._looked_at < POLL_S:
            return False
        self._looked_at = time.monotonic()
        before, labels = self._named, read_labels(self._file)
        if labels:
            self._named = labels.get("experimentId")
        return self._named != before


def wait_until_assigned(settings: Settings, pause: Callable[[float], bool]) -> Settings | None:
    """Wait for an experiment; `pause(seconds)` answers True when the worker is to stop. None if stopped before."""
    told = False
    while (found := assigned(settings)) is None:
        if not told:
            log.info("waiting for an experiment: no label experimentId in %s yet", settings.labels_file)
            told = True
        if pause(POLL_S):
            return None
    return found
