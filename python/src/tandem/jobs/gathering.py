"""What a wish names as its inputs, gathered into one list of files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from tandem.errors import InputUnfit, JobRefused
from tandem.exchange.request import Places
from tandem.experiments.folder import fault_in_name
from tandem.experiments.source import DATASET_FILE
from tandem.jobs.inputs import sources
from tandem.jobs.inputs.blobs import Blobs
from tandem.jobs.inputs.experiment import from_experiment
from tandem.jobs.inputs.manifest import Entry, Manifest
from tandem.jobs.spec import Late
from tandem.jobs.wishes import Source
from tandem.records.bundle import Records
from tandem.settings import Settings
from tandem.states import State
from tandem.stores import Store


def manifest_of(entries: Iterable[Mapping[str, Any]]) -> Manifest:
    """The files as they stand in the record."""
    return Manifest(Entry(**entry) for entry in entries)


def rows_of(manifest: Manifest) -> list[dict[str, Any]]:
    """The files as they are put into the record."""
    return [{"path": entry.path, "sha256": entry.sha256, "size": entry.size} for entry in manifest.entries]


def jobs_in(wanted: Iterable[Source]) -> list[str]:
    """The jobs whose results, or inputs, are read."""
    return [job for source in wanted for job in (source.job, source.inputs_of) if job is not None]


class Gathering:
    """Takes in what jobs read; what has no hash yet gets one."""

    def __init__(self, settings: Settings, records: Records, store: Store, places: Places | None = None) -> None:
        self._settings, self._records, self._store, self._places = settings, records, store, places
        self.blobs = Blobs(store, settings.state / "jobs" / "cache" / "blobs")

    def gather(
        self, wanted: Sequence[Source], experiment: str | None, uploaded: Manifest | None
    ) -> tuple[Manifest, list[Late]]:
        """All files that are there, and what comes from jobs that have not ended yet."""
        manifest, late = uploaded or Manifest(), []
        for source in wanted:
            if source.job is not None and self._records.jobs.get(source.job).state is not State.COMPLETE:
                late.append(Late(job=source.job, path=source.path, to=source.to))
                continue
            found = self._files(source)
            manifest = manifest.merged(found.moved(source.to) if source.to else found)
        if experiment is not None:
            manifest = manifest.merged(self._experiment(experiment))
        return manifest, late

    def late(self, late: Late) -> Manifest:
        """What a job has left that has ended meanwhile."""
        found = self._of_job(late.job, late.path)
        return found.moved(late.to) if late.to else found

    def unpacked(self, url: str) -> Manifest:
        """What the archive at an address holds."""
        self._check_bucket(url)
        return sources.from_archive_at(url, self.blobs, self._settings)

    def _files(self, source: Source) -> Manifest:
        if source.data is not None:
            entries = self._records.data_sets.entries(source.data)
            return manifest_of(entries)
        if source.job is not None:
            return self._of_job(source.job, source.path)
        if source.inputs_of is not None:
            return manifest_of(self._records.jobs.entries(self._records.jobs.get(source.inputs_of).input_hash))
        if source.url is not None:
            self._check_bucket(source.url)
            return sources.from_url(source.url, self.blobs, self._settings)
        raise InputUnfit(field="inputs", reason="name one of data, job, inputsOf and url")

    def _of_job(self, run_id: str, path: str | None) -> Manifest:
        prefix = self._records.jobs.get(run_id).result_prefix
        return sources.from_job(f"{prefix}results/", path, self._store, self.blobs)

    def _check_bucket(self, url: str) -> None:
        """InputUnfit for a bucket that inputs may not come from."""
        parts, allowed = urlsplit(url), self._settings.url_buckets
        if parts.scheme != "s3":
            return
        if parts.netloc == self._store.bucket:
            raise InputUnfit(field=url, reason="what other jobs have left is read by their ids")
        if allowed and parts.netloc not in (*allowed, self._settings.cloud_bucket):
            raise InputUnfit(field=url, reason=f"inputs come from the buckets {', '.join(allowed)}")

    def _experiment(self, experiment: str) -> Manifest:
        folder = self._settings.data / experiment
        if self._places is None or fault_in_name(experiment) or not (folder / DATASET_FILE).is_file():
            raise JobRefused(field="experiment", reason=f"there is no experiment '{experiment}' here")
        return from_experiment(folder, self.blobs, self._places)
