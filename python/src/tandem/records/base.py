"""What the record of runs promises: one place where a state changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from tandem.states import State

#: What is carried out: an analysis of an experiment, or a program over any inputs.
Kind = Literal["task", "job"]


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
    kind: Kind = "task"


@dataclass(frozen=True)
class Attempt:
    """One try to carry out a run."""

    attempt: int
    started_at: datetime
    ended_at: datetime | None
    reason: str | None
    host: str


@dataclass(frozen=True)
class Progress:
    """How far a run is: words, and the step out of so many where that is known."""

    message: str
    step: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Wanted:
    """Which runs are looked for; what is empty or None does not matter."""

    experiment: str | None = None
    etag: str | None = None
    task: str | None = None
    states: Sequence[State] = ()
    queued_since: datetime | None = None
    kind: Kind = "task"


#: All tasks there are.
ANY = Wanted()


class Record(Protocol):
    """Runs by their message id. Changes are atomic and obey states.MOVES; a refused one is IllegalMove."""

    def queued(
        self,
        run_id: str,
        *,
        experiment: str,
        task: str,
        etag: str,
        tags: Mapping[str, str] | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> Run:
        """Note a request as accepted, with what was asked for where that is known and holds no secret; the same id
        again changes nothing and returns what is known."""

    def started(self, run_id: str, *, attempt: int) -> Run:
        """QUEUED, or RUNNING left behind by a dead worker, becomes RUNNING with this attempt."""

    def requeued(self, run_id: str, *, reason: str, counts: bool = True) -> Run:
        """RUNNING becomes QUEUED with the next attempt, or with the same one where it does not count."""

    def finished(self, run_id: str, state: State, *, error_code: str | None = None, reason: str | None = None) -> Run:
        """Enter a terminal state. The same terminal state again changes nothing; another one is IllegalMove."""

    def request_kill(self, run_id: str) -> Run:
        """Cancel a run: one that waits is KILLED at once, whoever holds its message; one that runs is asked to end;
        a terminal one stays as it is."""

    def kills_requested(self, run_ids: Sequence[str]) -> set[str]:
        """Those of the runs that somebody asked to cancel."""

    def get(self, run_id: str) -> Run:
        """One run. RunUnknown if absent."""

    def progressed(self, run_id: str, progress: Progress) -> None:
        """Note how far a run is; nobody's work depends on it."""

    def request(self, run_id: str) -> Mapping[str, Any] | None:
        """What was asked for, where that was noted."""

    def attempts(self, run_id: str) -> list[Attempt]:
        """The tries to carry out a run, first to last."""

    def progress(self, run_ids: Sequence[str]) -> Mapping[str, Progress]:
        """How far those of the runs are that said so."""

    def find(self, wanted: Wanted = ANY, *, limit: int = 50, offset: int = 0) -> list[Run]:
        """Runs, newest first."""

    def count(self, wanted: Wanted = ANY) -> int:
        """How many such runs there are."""

    def last_used(self) -> Mapping[str, datetime]:
        """When something was last asked of each experiment."""

    def close(self) -> None:
        """Let go of connections."""
