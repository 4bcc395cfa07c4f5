"""Who takes jobs, and what they have to give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, insert, select

from tandem.records.job_schema import runners


@dataclass(frozen=True)
class Runner:
    """One runner, and when it was seen last."""

    runner_id: str
    host: str
    queues: Sequence[str]
    cpus: float
    memory_bytes: int
    gpus: int
    seen_at: datetime


#: A runner that was not seen for so long is gone for good.
FORGOTTEN = timedelta(days=1)


class Runners:
    """The runners of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def seen(
        self, runner_id: str, *, host: str, queues: Sequence[str], cpus: float, memory_bytes: int, gpus: int
    ) -> None:
        """Note that a runner is there."""
        now = datetime.now(UTC)
        row = {"host": host, "queues": list(queues), "cpus": cpus, "memory_bytes": memory_bytes, "gpus": gpus}
        with self._engine.begin() as connection:
            forgotten = (runners.c.runner_id == runner_id) | (runners.c.seen_at < now - FORGOTTEN)
            connection.execute(delete(runners).where(forgotten))
            connection.execute(insert(runners).values(runner_id=runner_id, **row, seen_at=now))

    def find(self) -> list[Runner]:
        """Those that were seen lately, the latest first."""
        found = select(runners).where(runners.c.seen_at >= datetime.now(UTC) - FORGOTTEN)
        with self._engine.connect() as connection:
            return [Runner(**row._mapping) for row in connection.execute(found.order_by(runners.c.seen_at.desc()))]
