"""Whose jobs somebody may see and change: with tokens, submitters their own, readers and admins everybody's."""

from fastapi import Request

from tandem.errors import RunUnknown
from tandem.gateway.parts import Parts
from tandem.records.groups import Group
from tandem.records.jobs import Job
from tandem.records.tokens import Role

#: PostgreSQL takes every other character.
NUL = "\x00"


def owner_of(request: Request) -> str:
    """By what the one who asks is known; nothing where no tokens are in force."""
    name: str = getattr(request.state, "owner", "")
    return name


def sees_only(request: Request) -> str | None:
    """The owner to whose jobs the one who asks is kept; None for everybody's."""
    owner = owner_of(request)
    return owner if owner and getattr(request.state, "role", None) is Role.SUBMITTER else None


def job_for(request: Request, parts: Parts, run_id: str) -> Job:
    """A job that the one who asks may see. RunUnknown where there is none."""
    job = parts.records.jobs.get(run_id.replace(NUL, ""))
    if sees_only(request) not in (None, job.owner):
        raise RunUnknown(run_id=run_id)
    return job


def group_for(request: Request, parts: Parts, group_id: str) -> Group:
    """A group that the one who asks may see. RunUnknown where there is none."""
    group = parts.records.groups.get(group_id.replace(NUL, ""))
    if sees_only(request) not in (None, group.owner):
        raise RunUnknown(run_id=group_id)
    return group
