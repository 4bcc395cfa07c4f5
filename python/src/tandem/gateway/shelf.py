"""The experiments at hand: what is known of each, and its queue."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tandem.errors import ExperimentMissing
from tandem.experiments.folder import available, fault_in_name, missing_from
from tandem.experiments.source import CELL_SETS_FILE, DATASET_FILE
from tandem.queues import open_queue
from tandem.queues.base import Queue
from tandem.settings import Settings


class Shelf:
    """The experiments of the data folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.data = settings.data
        self.queue = cache(self._open_queue)

    def names(self) -> list[str]:
        """All usable experiments, by name."""
        return available(self.data)

    def folder(self, experiment: str) -> Path:
        """The folder of an experiment. ExperimentMissing if it is none."""
        fault = fault_in_name(experiment)
        folder = self.data / experiment
        if fault or missing_from(folder):
            found = ", ".join(self.names()) or "no experiment yet"
            reason = fault or "there is no such experiment"
            raise ExperimentMissing(experiment=experiment[:100], reason=reason, folder=self.data, found=found)
        return folder

    def facts(self, experiment: str) -> dict[str, Any]:
        """What the import told of an experiment; nothing where it came another way."""
        try:
            return dict(json.loads((self.folder(experiment) / "import.json").read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return {}

    def versions(self, experiment: str) -> tuple[str, str]:
        """When the object and the cell sets were last changed."""
        folder = self.folder(experiment)
        first, second = (
            datetime.fromtimestamp((folder / name).stat().st_mtime, UTC).isoformat(timespec="microseconds")
            for name in (DATASET_FILE, CELL_SETS_FILE)
        )
        return first, second

    def settings_of(self, experiment: str) -> Settings:
        """The settings that lead to the queue of an experiment."""
        url = self._settings.queue_url
        if url is not None and url.startswith("sqlite:"):
            url = f"{url.partition('#')[0]}#{experiment}"
        return self._settings.model_copy(update={"experiment_id": experiment, "queue_url": url})

    def _open_queue(self, experiment: str) -> Queue:
        return open_queue(self.settings_of(experiment))
