"""What jobs say, line by line: kept to be followed and to be searched, with its head and its tail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Engine, and_, delete, insert, select
from sqlalchemy.sql.functions import max as max_

from tandem.records.job_schema import jobs, log_lines

Stream = Literal["stdout", "stderr"]

#: So many first and last lines of a job are kept here; its log files hold more.
HEAD_LINES, TAIL_LINES = 5_000, 5_000


@dataclass(frozen=True)
class LogLine:
    """One line that a job said."""

    seq: int
    stream: Stream
    at: datetime
    text: str


@dataclass(frozen=True)
class Hit:
    """A line that was searched for, and whose it is."""

    run_id: str
    name: str
    line: LogLine


class JobLogs:
    """The log lines of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last(self, run_id: str) -> int:
        """The number of the last line of a job; 0 where it has said nothing."""
        with self._engine.connect() as connection:
            return connection.scalar(select(max_(log_lines.c.seq)).where(log_lines.c.run_id == run_id)) or 0

    def add(self, run_id: str, lines: Sequence[LogLine]) -> None:
        """Keep more lines; those between head and tail go."""
        if not lines:
            return
        with self._engine.begin() as connection:
            connection.execute(insert(log_lines), [{"run_id": run_id, **vars(line)} for line in lines])
            if (tail := lines[-1].seq - TAIL_LINES) > HEAD_LINES:
                between = and_(log_lines.c.seq > HEAD_LINES, log_lines.c.seq <= tail)
                connection.execute(delete(log_lines).where(log_lines.c.run_id == run_id, between))

    def read(self, run_id: str, *, after: int = 0, stream: Stream | None = None, limit: int = 1000) -> list[LogLine]:
        """Lines after one of them."""
        found = select(log_lines).where(log_lines.c.run_id == run_id, log_lines.c.seq > after)
        if stream is not None:
            found = found.where(log_lines.c.stream == stream)
        with self._engine.connect() as connection:
            rows = connection.execute(found.order_by(log_lines.c.seq).limit(limit)).all()
        return [LogLine(row.seq, row.stream, row.at, row.text) for row in rows]

    def search(
        self,
        text: str,
        *,
        program: str | None = None,
        group_id: str | None = None,
        owner: str | None = None,
        limit: int = 100,
    ) -> list[Hit]:
        """Lines that hold a text, of the newest jobs first."""
        found = select(jobs.c.run_id, jobs.c.name, log_lines).join(jobs, jobs.c.run_id == log_lines.c.run_id)
        found = found.where(log_lines.c.text.contains(text, autoescape=True))
        equal = {jobs.c.program: program, jobs.c.group_id: group_id, jobs.c.owner: owner}
        found = found.where(*(column == value for column, value in equal.items() if value is not None))
        with self._engine.connect() as connection:
            rows = connection.execute(found.order_by(jobs.c.number.desc(), log_lines.c.seq).limit(limit)).all()
        return [Hit(row.run_id, row.name, LogLine(row.seq, row.stream, row.at, row.text)) for row in rows]
