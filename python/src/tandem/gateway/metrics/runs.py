"""What became of runs, since this gateway began to look."""

from datetime import UTC, datetime, timedelta
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Histogram

from tandem.records.tallies import Tallies
from tandem.states import State

#: The bounds of what a run takes, in seconds.
BOUNDS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
#: An end may become visible so long after its time, in seconds: clocks differ, and commits take a moment.
OVERLAP = timedelta(seconds=10)


class RunMeters:
    """Counts every run that ends, once, whenever somebody looks."""

    def __init__(self, tallies: Tallies, registry: CollectorRegistry) -> None:
        self._tallies = tallies
        self._looking = Lock()
        self._since = datetime.now(UTC)
        self._counted: dict[str, datetime] = {}
        self._seconds = Histogram(
            "tandem_run_seconds",
            "What complete runs took, from their last start to their end.",
            ("task",),
            buckets=BOUNDS_S,
            registry=registry,
        )
        self._ended = Counter("tandem_runs_ended", "Runs that came to their end.", ("state",), registry=registry)
        self._failures = Counter("tandem_failures", "Runs that failed, by their code.", ("code",), registry=registry)

    def look(self) -> None:
        """Count what has ended since the last look."""
        with self._looking:
            now, begun = datetime.now(UTC), self._since
            for run in self._tallies.ended_since(begun - OVERLAP if self._counted else begun):
                if run.run_id in self._counted:
                    continue
                self._counted[run.run_id] = run.finished_at
                self._ended.labels(run.state).inc()
                if run.state is State.COMPLETE and run.started_at is not None:
                    self._seconds.labels(run.task).observe((run.finished_at - run.started_at).total_seconds())
                if run.state is State.FAILED:
                    self._failures.labels(run.error_code or "UNKNOWN").inc()
            self._since = now
            self._counted = {run: ended for run, ended in self._counted.items() if ended > now - 2 * OVERLAP}
