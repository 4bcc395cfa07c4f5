"""What jobs say, line by line: kept to be followed and to be searched, with its head and its tail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine, Row, and_, delete, select
from sqlalchemy.sql.functions import max as max_

from tandem.records.job_schema import jobs, log_lines
from tandem.records.missing import insert_missing

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
    #: It is not at its end yet, as of a progress bar: the next line of its stream takes its place.
    passing: bool = False


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
        """Keep more lines; those that were not at their end, and those between head and tail, go."""
        if not lines:
            return
        streams = {line.stream for line in lines}
        kept = [line for line, after in zip(lines, [*lines[1:], None], strict=True) if not _is_replaced(line, after)]
        with self._engine.begin() as connection:
            passed = and_(log_lines.c.passing, log_lines.c.stream.in_(streams), log_lines.c.seq < lines[0].seq)
            connection.execute(delete(log_lines).where(log_lines.c.run_id == run_id, passed))
            # A runner that has lost its job may not know it yet, and number lines as the next one does.
            new = insert_missing(log_lines, connection.dialect.name)
            connection.execute(new, [{"run_id": run_id, **vars(line)} for line in kept])
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
        return [_line(row) for row in rows]

    def search(
        self,
        text: str,
        *,
        program: str | None = None,
        group_id: str | None = None,
        owner: str | None = None,
        limit: int = 100,
    ) -> list[Hit]:
        """Lines that hold a text in whatever case, of the newest jobs first."""
        found = select(jobs.c.run_id, jobs.c.name, log_lines).join(jobs, jobs.c.run_id == log_lines.c.run_id)
        found = found.where(log_lines.c.text.icontains(text, autoescape=True))
        equal = {jobs.c.program: program, jobs.c.group_id: group_id, jobs.c.owner: owner}
        found = found.where(*(column == value for column, value in equal.items() if value is not None))
        with self._engine.connect() as connection:
            rows = connection.execute(found.order_by(jobs.c.number.desc(), log_lines.c.seq).limit(limit)).all()
        return [Hit(row.run_id, row.name, _line(row)) for row in rows]


def _is_replaced(line: LogLine, after: LogLine | None) -> bool:
    return line.passing and after is not None and after.stream == line.stream


def _line(row: Row[Any]) -> LogLine:
    return LogLine(row.seq, row.stream, row.at, row.text, row.passing)
