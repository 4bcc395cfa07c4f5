"""What the user's bucket shows of a job: how it stands, what it says, and at the end what it has made."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from tandem.jobs.cloud.bucket import Bucket
from tandem.jobs.cloud.places import Answer
from tandem.jobs.execution.output import stamp
from tandem.records.bundle import Records
from tandem.records.job import COMPLETE, PROVENANCE
from tandem.records.job_logs import HEAD_LINES, TAIL_LINES, Stream
from tandem.records.jobs import Job
from tandem.states import State
from tandem.stores import Store

#: Log files are written anew at most so often, in seconds.
LOG_S = 1.0


class Report:
    """Written again and again while the job runs."""

    def __init__(self, answer: Answer, bucket: Bucket, records: Records, store: Store) -> None:
        self._answer, self._bucket, self._records, self._store = answer, bucket, records, store
        self._told: Mapping[str, Any] = {}
        self._last_line, self._logged_at = 0, -LOG_S

    def update(self, job: Job) -> None:
        """How it stands now, and what it has said."""
        if not job.state.terminal:
            self._tell(job)
        if time.monotonic() - self._logged_at >= LOG_S or job.state.terminal:
            self._write_logs(job.run_id)
            self._logged_at = time.monotonic()

    def finish(self, job: Job) -> None:
        """It has ended: its log files, its results, its state, and last of all the mark that everything is there."""
        prefix = job.result_prefix
        for found in self._store.list(f"{prefix}logs/"):
            self._bucket.copy(self._store, found.key, self._answer.log(found.key.removeprefix(f"{prefix}logs/")))
        provenance = f"{prefix}{PROVENANCE}"
        if self._store.head(provenance):
            self._bucket.copy(self._store, provenance, self._answer.log(PROVENANCE))
        made = self._copy_results(prefix) if job.state is State.COMPLETE else None
        self._tell(job)
        self._bucket.write_json(self._answer.summary, self._told)
        if made is not None:
            self._bucket.write_json(self._answer.complete, made)

    def _copy_results(self, prefix: str) -> Any:
        with self._store.get(f"{prefix}results/{COMPLETE}") as body:
            made = json.loads(body.read())
        for file in made["files"]:
            target = self._answer.result(file["path"])
            if file["size"]:
                self._bucket.copy(self._store, f"{prefix}results/{file['path']}", target)
            else:
                self._bucket.write_empty(target)
        return made

    def _tell(self, job: Job) -> None:
        told = self._status(job)
        if told != self._told:
            self._bucket.write_json(self._answer.status, told)
            self._told = told

    def _status(self, job: Job) -> dict[str, Any]:
        progress = self._records.runs.progress([job.run_id]).get(job.run_id)
        return {
            "id": job.run_id,
            "state": job.state,
            "program": job.program,
            "version": job.version,
            "submission": job.tags.get("submission"),
            "parameters": dict(job.parameters),
            "attempt": job.attempt,
            "queuedAt": _said(job.queued_at),
            "startedAt": _said(job.started_at),
            "finishedAt": _said(job.finished_at),
            "progress": vars(progress) if progress else None,
            "errorCode": job.error_code,
            "reason": job.reason,
            "exitCode": job.exit_code,
            "cpuSeconds": job.cpu_s,
            "peakBytes": job.peak_bytes,
            "resultBytes": job.result_bytes,
            "cachedFrom": job.cached_from,
        }

    def _write_logs(self, run_id: str) -> None:
        last = self._records.logs.last(run_id)
        if last == self._last_line:
            return
        for stream in get_args(Stream):
            lines = self._records.logs.read(run_id, stream=stream, limit=HEAD_LINES + TAIL_LINES)
            text = "".join(f"{stamp(line.at)} {line.text}\n" for line in lines)
            if text:
                self._bucket.write_text(self._answer.log(f"{stream}.txt"), text)
        self._last_line = last


def _said(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None
