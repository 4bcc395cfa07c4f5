"""What is looked at when Prometheus asks. docs/metrics.md explains every name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from tandem.errors import QueueMissing, TandemError
from tandem.experiments.folder import fault_in_name
from tandem.gateway.metrics.jobs import JobFigures, depths_told
from tandem.gateway.metrics.runs import RunMeters
from tandem.gateway.metrics.services import Services
from tandem.gateway.metrics.slow import Slow
from tandem.gateway.parts import Parts
from tandem.jobs.queues import PRIORITIES, Place, open_job_queue, place_of
from tandem.local.layout import Layout
from tandem.queues import Depth, open_queue
from tandem.queues.sqlite import SqliteQueue
from tandem.stores.folder import FolderStore

#: For how long the queue of an experiment without a folder here is looked at after the last request.
ASKED_LATELY = timedelta(days=1)


class Figures(Collector):
    """All that a scrape looks at; a part that is away leaves its figures out."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._r_services = Services(Layout.of(parts.settings))
        self._runs = RunMeters(parts.tallies)
        self._job_figures = JobFigures(parts.records, parts.job_tallies)
        self._depths = Slow(self._ask_queues)
        self._job_depths = Slow(self._ask_job_queues)
        self._memory = Slow(self._r_services.memory)
        self._usage = Slow(self._measure_store)
        self._embedded: SqliteQueue | None = None

    def collect(self) -> Iterator[Metric]:
        """Every family that can be told now."""
        away = {}
        for family in (self._queues, self._record, self._jobs, self._services, self._store, self._clients):
            try:
                yield from family()
            except TandemError:
                away[family.__name__[1:]] = 1
        if away:
            yield _gauge("tandem_part_away", "Parts that do not answer now.", away, "part")

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are not looked for before they are asked for."""
        return ()

    def _queues(self) -> Iterator[Metric]:
        if self._is_embedded:
            depths, of_jobs = self._look_into_file()
        else:
            depths, of_jobs = self._depths.value() or {}, self._job_depths.value() or {}
        for name, help_, count in DEPTHS:
            yield _gauge(name, help_, {queue: count(depth) for queue, depth in depths.items()}, "experiment")
        yield from depths_told(of_jobs)

    def _record(self) -> Iterator[Metric]:
        now = datetime.now(UTC)
        ages = {name: (now - since).total_seconds() for name, since in self._parts.tallies.oldest_waiting().items()}
        yield _gauge("tandem_oldest_waiting_seconds", "How long the oldest waiting run waits.", ages, "experiment")
        counts = {str(state): number for state, number in self._parts.tallies.by_state().items()}
        yield _gauge("tandem_runs", "Runs in the record, by state.", counts, "state")
        yield from self._runs.look()

    def _jobs(self) -> Iterator[Metric]:
        yield from self._job_figures.look()

    def _services(self) -> Iterator[Metric]:
        said = self._r_services.children()
        for kind, help_ in (("busy", "Children of R at work."), ("waiting", "Requests that wait for a child of R.")):
            counts = {experiment: counts[kind] for experiment, counts in said.items()}
            yield _gauge(f"tandem_r_children_{kind}", help_, counts, "experiment")
        memory = self._memory.value() or {}
        yield _gauge("tandem_r_memory_bytes", "Memory of an R service and its children.", memory, "experiment")

    def _store(self) -> Iterator[Metric]:
        usage = self._usage.value()
        if usage is not None:
            yield GaugeMetricFamily("tandem_store_bytes", "Bytes of all results.", usage[0])
            yield GaugeMetricFamily("tandem_store_objects", "Results in the store.", usage[1])

    def _clients(self) -> Iterator[Metric]:
        sockets, relay = self._parts.sockets, self._parts.sockets.relay
        yield _gauge("tandem_sockets", "Clients of socket.io, by generation of Engine.IO.", sockets.connected, "engine")
        yield GaugeMetricFamily(
            "tandem_event_listeners", "Clients of server-sent events.", self._parts.present["listeners"]
        )
        yield GaugeMetricFamily("tandem_redis_connected", "Whether events are heard.", float(relay.connected))
        frames = CounterMetricFamily("tandem_frames", "Frames from Redis, by what became of them.", labels=["fate"])
        for fate, number in relay.frames.items():
            frames.add_metric([fate], number)
        yield frames

    @property
    def _is_embedded(self) -> bool:
        return (self._parts.settings.queue_url or "").startswith("sqlite:")

    def _look_into_file(self) -> tuple[Mapping[str, Depth], Mapping[Place, Depth]]:
        """The queues of experiments, and those of jobs."""
        if self._embedded is None:
            queue = open_queue(self._parts.settings)
            assert isinstance(queue, SqliteQueue)  # noqa: S101  # what its address says
            self._embedded = queue
        depths = self._embedded.depths()
        places = {name: place_of(self._parts.settings, name) for name in depths}
        of_jobs = {place: depths[name] for name, place in places.items() if place}
        others = {name: depth for name, depth in depths.items() if places[name] is None}
        return {name: Depth(0, 0, 0) for name in self._parts.shelf.names()} | others, of_jobs

    def _ask_queues(self) -> Mapping[str, Depth]:
        """One question for each experiment: queues in a service cannot be asked together."""
        found = {}
        lately = datetime.now(UTC) - ASKED_LATELY
        asked = {name for name, at in self._parts.record.last_used().items() if at > lately and not fault_in_name(name)}
        for experiment in sorted({*self._parts.shelf.names(), *asked}):
            try:
                found[experiment] = self._parts.shelf.queue(experiment).depth()
            except QueueMissing:
                continue
        return found

    def _ask_job_queues(self) -> Mapping[Place, Depth]:
        """Those that runners take from."""
        parts, found = self._parts, {}
        for queue in {queue for runner in parts.records.runners.find() for queue in runner.queues}:
            for priority in PRIORITIES:
                with suppress(QueueMissing):
                    found[queue, priority] = open_job_queue(parts.settings, queue, priority).depth()
        return found

    def _measure_store(self) -> tuple[int, int] | None:
        results = self._parts.results
        return results.usage() if isinstance(results, FolderStore) else None


#: The figures of a queue: name, help, and where each stands.
DEPTHS: tuple[tuple[str, str, Callable[[Depth], int]], ...] = (
    ("tandem_queue_waiting", "Messages that wait.", lambda depth: depth.waiting),
    ("tandem_queue_leased", "Messages that workers hold a lease on.", lambda depth: depth.leased),
    ("tandem_queue_dead", "Messages that were given up.", lambda depth: depth.dead),
)


def _gauge(name: str, help_: str, values: Mapping[str, float], label: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
