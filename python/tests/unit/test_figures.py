"""What a scrape is told of parts that are away."""

from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from tandem.errors import RecordUnavailable
from tandem.gateway.metrics.collector import Figures


class WithoutRecord(Figures):
    """Figures of a gateway whose record does not answer, and which has nothing else."""

    def __init__(self) -> None:
        pass

    def _record(self) -> Iterator[Metric]:
        raise RecordUnavailable(database="sqlite", reason="it is away")

    def _nothing(self) -> Iterator[Metric]:
        return iter(())

    def _jobs(self) -> Iterator[Metric]:
        return self._record()

    _queues = _services = _store = _clients = _nothing


def test_parts_that_are_away_are_one_family():
    [family] = WithoutRecord().collect()

    assert family.name == "tandem_part_away"
    assert {sample.labels["part"] for sample in family.samples} == {"record", "jobs"}
