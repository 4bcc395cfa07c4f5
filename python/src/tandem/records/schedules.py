"""Jobs that are submitted again and again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from tandem.errors import RunUnknown
from tandem.records.job_schema import schedules


@dataclass(frozen=True)
class Schedule:
    """A wish, and when it is due."""

    name: str
    cron: str
    zone: str
    wish: Mapping[str, Any]
    owner: str
    next_at: datetime
    last_at: datetime | None = None
    last_job: str | None = None
    trouble: str | None = None


class Schedules:
    """The schedules of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, schedule: Schedule) -> None:
        """Keep a schedule, in the place of one of the same name."""
        with self._engine.begin() as connection:
            connection.execute(delete(schedules).where(schedules.c.name == schedule.name))
            connection.execute(insert(schedules).values(**vars(schedule)))

    def find(self) -> list[Schedule]:
        """All of them, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(schedules).order_by(schedules.c.name))
            return [Schedule(**row._mapping) for row in rows]

    def due(self, now: datetime) -> list[Schedule]:
        """Those whose time has come."""
        return [schedule for schedule in self.find() if schedule.next_at <= now]

    def claim(self, schedule: Schedule, next_at: datetime) -> bool:
        """Move it on to its next time; False where somebody else has done so, and submits its job."""
        mine = (schedules.c.name == schedule.name) & (schedules.c.next_at == schedule.next_at)
        with self._engine.begin() as connection:
            change = update(schedules).where(mine).values(next_at=next_at, last_at=schedule.next_at)
            return bool(connection.execute(change).rowcount)

    def give_back(self, schedule: Schedule, next_at: datetime) -> None:
        """Let it be due again, unless somebody has put another in its place: its job could not be submitted now."""
        mine = (schedules.c.name == schedule.name) & (schedules.c.next_at == next_at)
        before = {"next_at": schedule.next_at, "last_at": schedule.last_at}
        with self._engine.begin() as connection:
            connection.execute(update(schedules).where(mine).values(**before))

    def submitted(self, name: str, job: str | None, trouble: str | None) -> None:
        """Note what became of it this time."""
        with self._engine.begin() as connection:
            told = {"last_job": job, "trouble": trouble}
            connection.execute(update(schedules).where(schedules.c.name == name).values(**told))

    def remove(self, name: str) -> None:
        """Submit no more of it. RunUnknown if absent."""
        with self._engine.begin() as connection:
            if not connection.execute(delete(schedules).where(schedules.c.name == name)).rowcount:
                raise RunUnknown(run_id=name)
