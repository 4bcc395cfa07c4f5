"""Which jobs are looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_

from tandem.records.job_schema import jobs
from tandem.records.schema import runs
from tandem.states import State


@dataclass(frozen=True)
class JobsWanted:
    """Which jobs are looked for; what is empty or None does not matter."""

    states: Sequence[State] = ()
    program: str | None = None
    group_id: str | None = None
    #: Only those that belong to no group.
    alone: bool = False
    owner: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    #: A part of the name, or the beginning of the id.
    search: str | None = None


def conditions(wanted: JobsWanted, database: str) -> list[ColumnElement[bool]]:
    """What must hold for rows of jobs and their runs in this kind of database."""
    equal = {jobs.c.program: wanted.program, jobs.c.group_id: wanted.group_id, jobs.c.owner: wanted.owner}
    found = [column == value for column, value in equal.items() if value is not None]
    if wanted.alone:
        found.append(jobs.c.group_id.is_(None))
    if wanted.states:
        found.append(runs.c.state.in_(wanted.states))
    found += [_has_tag(name, value, database) for name, value in wanted.tags.items()]
    if wanted.since is not None:
        found.append(runs.c.queued_at >= wanted.since)
    if wanted.until is not None:
        found.append(runs.c.queued_at < wanted.until)
    if wanted.search:
        in_name = jobs.c.name.icontains(wanted.search, autoescape=True)
        found.append(or_(in_name, jobs.c.run_id.istartswith(wanted.search, autoescape=True)))
    return found


def _has_tag(name: str, value: str, database: str) -> ColumnElement[bool]:
    """Names of tags may hold any sign, and in SQLite's paths to values some would mean something."""
    if database != "sqlite":
        tag: ColumnElement[str] = runs.c.tags[name].as_string()
        return tag == value
    each = func.json_each(runs.c.tags).table_valued("key", "value")
    return exists().where(each.c.key == name, each.c.value == value)
