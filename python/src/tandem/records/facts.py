"""What was measured of jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, func, update

from tandem.records.job_schema import jobs

#: What every attempt adds to.
ADDED = ("cpu_s", "wall_s")


@dataclass(frozen=True)
class Facts:
    """What was measured of one attempt of a job; what is None stays as it is known, and what attempts use up is added
    up."""

    phase: str | None = None
    exit_code: int | None = None
    cpu_s: float | None = None
    wall_s: float | None = None
    peak_bytes: int | None = None
    result_bytes: int | None = None
    findings: Mapping[str, Any] | None = None


#: Where nothing was measured.
NOTHING = Facts()


def put_facts(connection: Connection, run_id: str, facts: Facts, **more: object) -> None:
    """Note them, and more that stands in the table of jobs."""
    told = {f"to_{name}": value for name, value in {**vars(facts), **more}.items() if value is not None}
    if told:
        connection.execute(_noting(tuple(told)), {"this": run_id, **told})


@cache
def _noting(given: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {}
    for name in given:
        column = jobs.c[name.removeprefix("to_")]
        value = bindparam(name, type_=column.type)
        values[column.name] = func.coalesce(column, 0) + value if column.name in ADDED else value
    return update(jobs).where(jobs.c.run_id == bindparam("this")).values(values)
