"""What Prometheus is told of jobs: how many, how long, who carries them out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from tandem.jobs.queues import Place
from tandem.queues import Depth
from tandem.records.bundle import Records
from tandem.records.job_tallies import JobTallies
from tandem.records.jobs import Job, JobRecord
from tandem.states import State

#: The bounds of what a job takes, in seconds.
BOUNDS_S = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)
#: So many programs are told apart; others are one, however many there will be.
MOST_PROGRAMS = 50
OTHERS = "other"
#: A runner that was not seen for so long is away: it says that it is there every ten seconds.
AWAY = timedelta(seconds=60)
#: So many ends are read at once.
AT_ONCE = 1000


class EndedJobs:
    """Counts every job that ends, once, whenever somebody looks."""

    def __init__(self, jobs: JobRecord) -> None:
        self._jobs = jobs
        self._registry = registry = CollectorRegistry()
        self._looking = Lock()
        #: The number of the last end that was counted.
        self._counted: int | None = None
        self._programs: set[str] = set()
        self._seconds = Histogram(
            "tandem_job_seconds",
            "What complete jobs took, from their last start to their end.",
            ("program",),
            buckets=BOUNDS_S,
            registry=registry,
        )
        self._ended = Counter("tandem_jobs_ended", "Jobs that came to their end.", ("state",), registry=registry)
        self._failures = Counter("tandem_job_failures", "Jobs that failed, by code.", ("code",), registry=registry)

    def look(self) -> Iterable[Metric]:
        """Count what has ended since the last look, and tell all that was counted."""
        with self._looking:
            if self._counted is None:
                self._counted = self._jobs.last_ended()
            while ended := self._jobs.ended_after(self._counted, AT_ONCE):
                for job in ended:
                    self._count(job)
                self._counted = ended[-1].ended or self._counted
            return list(self._registry.collect())

    def _count(self, job: Job) -> None:
        self._ended.labels(job.state).inc()
        if job.state is State.FAILED:
            self._failures.labels(job.error_code or "UNKNOWN").inc()
        if job.state is State.COMPLETE and job.cached_from is None and job.started_at and job.finished_at:
            seconds = (job.finished_at - job.started_at).total_seconds()
            self._seconds.labels(self._label(job.program)).observe(seconds)

    def _label(self, program: str) -> str:
        if len(self._programs) < MOST_PROGRAMS:
            self._programs.add(program)
        return program if program in self._programs else OTHERS


class JobFigures:
    """All that a scrape looks at in the record."""

    def __init__(self, records: Records, tallies: JobTallies) -> None:
        self._records, self._tallies = records, tallies
        self._ended = EndedJobs(records.jobs)

    def look(self) -> Iterator[Metric]:
        """Every family that the record knows."""
        now = datetime.now(UTC)
        jobs = GaugeMetricFamily("tandem_jobs", "Jobs in the record, by state.", labels=["state"])
        for state, number in self._records.jobs.by_state().items():
            jobs.add_metric([state], number)
        oldest = GaugeMetricFamily(
            "tandem_jobs_waiting_oldest_seconds", "How long the oldest job waits for a runner.", labels=["queue"]
        )
        for queue, since in self._tallies.oldest_waiting().items():
            oldest.add_metric([queue], (now - since).total_seconds())
        there = [runner for runner in self._records.runners.find() if runner.seen_at > now - AWAY]
        yield from (jobs, oldest)
        yield GaugeMetricFamily("tandem_runners", "Runners that were seen in the last minute.", len(there))
        cpus = sum(runner.cpus for runner in there)
        yield GaugeMetricFamily("tandem_runner_cpus", "CPUs that these runners have to give.", cpus)
        yield GaugeMetricFamily("tandem_runner_cpus_lent", "CPUs that running jobs have.", self._tallies.lent_cpus())
        yield from self._ended.look()


#: The figures of a queue of jobs, as Depth calls them, and what each counts.
DEPTHS = (
    ("waiting", "Messages of jobs that wait."),
    ("leased", "Messages of jobs that runners have."),
    ("dead", "Messages of jobs that were given up."),
)


def depths_told(depths: Mapping[Place, Depth]) -> Iterator[Metric]:
    """What lies in the queues of jobs."""
    for name, help_ in DEPTHS:
        family = GaugeMetricFamily(f"tandem_job_queue_{name}", help_, labels=["queue", "priority"])
        for (queue, priority), depth in depths.items():
            family.add_metric([queue, priority], getattr(depth, name))
        yield family
