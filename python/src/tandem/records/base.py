"""What the record of runs promises: one place where a state changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tandem.states import State


@dataclass(frozen=True)
class Run:
    """One accepted request and where it stands. Times are in UTC with their zone."""

    run_id: str
    experiment: str
    task: str
    etag: str
    state: State
    attempt: int
    queued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error_code: str | None = None
    reason: str | None = None
    kill_requested: bool = False
    parent: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Record(Protocol):
    """Runs by their message id. Changes are atomic and obey states.MOVES; a refused one is IllegalMove."""

    def queued(
        self, run_id: str, *, experiment: str, task: str, etag: str, tags: Mapping[str, str] | None = None
    ) -> Run:
        """Note a request as accepted; the same id again changes nothing and returns what is known."""

    def started(self, run_id: str, *, attempt: int) -> Run:
        """QUEUED, or RUNNING left behind by a dead worker, becomes RUNNING with this attempt."""

    def requeued(self, run_id: str, *, reason: str, counts: bool = True) -> Run:
        """RUNNING becomes QUEUED with the next attempt, or with the same one where it does not count."""

    def finished(self, run_id: str, state: State, *, error_code: str | None = None, reason: str | None = None) -> Run:
        """Enter a terminal state. The same terminal state again changes nothing; another one is IllegalMove."""

    def request_kill(self, run_id: str) -> Run:
        """Ask for a run to be cancelled. A terminal run stays as it is."""

    def kills_requested(self, run_ids: Sequence[str]) -> set[str]:
        """Those of the runs that somebody asked to cancel."""

    def get(self, run_id: str) -> Run:
        """One run. RunUnknown if absent."""

    def find(
        self,
        *,
        experiment: str | None = None,
        etag: str | None = None,
        states: Sequence[State] = (),
        limit: int = 50,
    ) -> list[Run]:
        """Runs, newest first."""

    def close(self) -> None:
        """Let go of connections."""
