"""What a job says while it runs, noted where others can follow it."""

import logging
from collections.abc import Sequence

from tandem.errors import TandemError
from tandem.jobs.execution.output import LogLine
from tandem.records import job_logs
from tandem.records.base import Progress
from tandem.records.bundle import Records

log = logging.getLogger(__name__)


class Listening:
    """Notes lines and progress of one attempt. That the record is away stops no job."""

    def __init__(self, records: Records, run_id: str, *, is_first: bool) -> None:
        self._records, self._run_id = records, run_id
        self._seq = 0 if is_first else records.logs.last(run_id)

    def lines(self, lines: Sequence[LogLine]) -> None:
        """It has said something."""
        start, self._seq = self._seq + 1, self._seq + len(lines)
        numbered = [
            job_logs.LogLine(seq, line.stream, line.at, line.text, line.passing)
            for seq, line in enumerate(lines, start)
        ]
        try:
            self._records.logs.add(self._run_id, numbered)
        except TandemError as error:
            log.warning("lines of job %s are only in its log file: %s", self._run_id, error)

    def progress(self, message: str, step: int | None, total: int | None) -> None:
        """It has told how far it is."""
        try:
            self._records.runs.progressed(self._run_id, Progress(message, step, total))
        except TandemError as error:
            log.info("%s", error)
