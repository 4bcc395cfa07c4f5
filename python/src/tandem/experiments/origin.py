"""Where experiments come from, the data folder of this machine or the buckets, and which version of one is there."""

import threading
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from tandem.experiments.bucket_document import BucketDocument
from tandem.experiments.cell_sets import CellSets
from tandem.experiments.document import CellSetsDocument
from tandem.experiments.local_editor import LocalEditor
from tandem.experiments.source import DATASET_FILE
from tandem.settings import Settings
from tandem.stores import Store, open_store

#: Fingerprints are remembered of so many experiments.
REMEMBERED = 1000


class Origin:
    """All experiments, as they are now. Safe to be shared by threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fingerprints: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def data_version(self, experiment: str) -> str | None:
        """Changes with the experiment's dataset; None where there is none."""
        if self._settings.store_is_embedded:
            return _changed_at(self._settings.data / experiment / DATASET_FILE)
        known = self._matrices.head(f"{experiment}/{DATASET_FILE}")
        return known.etag if known is not None else None

    def program_versions(self) -> list[str]:
        """Change with the R package, where it is installed beside us: it may compute otherwise from then on."""
        changed_at = _changed_at(self._settings.state / "r-library" / "tandem" / "DESCRIPTION")
        return [changed_at] if changed_at else []

    def cell_sets_version(self, experiment: str) -> str:
        """Changes with what analyses see of the experiment's cell sets; they are read only if they have changed."""
        document = self.cell_sets(experiment)
        state = document.state()
        with self._lock:  # of several who ask after a change, one reads
            seen, fingerprint = self._fingerprints.get(experiment, ("", ""))
            if seen != state:
                fingerprint = CellSets.from_json(document.read()).fingerprint()
                if len(self._fingerprints) >= REMEMBERED:
                    self._fingerprints.clear()
                self._fingerprints[experiment] = (state, fingerprint)
        return fingerprint

    def cell_sets(self, experiment: str) -> CellSetsDocument:
        """The experiment's cell sets."""
        if self._settings.store_is_embedded:
            return LocalEditor(self._settings.data / experiment)
        return BucketDocument(self._cell_sets, experiment)

    @cached_property
    def _matrices(self) -> Store:
        return open_store(self._settings, "processed-matrix")

    @cached_property
    def _cell_sets(self) -> Store:
        return open_store(self._settings, "cell-sets")


def _changed_at(file: Path) -> str | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="microseconds")
    except OSError:
        return None
