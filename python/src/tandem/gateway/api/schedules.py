"""Schedules: jobs that are submitted at certain times."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import Field

from tandem.errors import RunUnknown
from tandem.gateway.api.models import Told
from tandem.gateway.owners import owner_of, sees_only
from tandem.gateway.parts import World
from tandem.jobs.scheduling import schedule
from tandem.jobs.wishes import Asked, JobWish
from tandem.records.schedules import Schedule

router = APIRouter(prefix="/schedules", tags=["schedules"])


class ScheduleWish(Asked):
    """A job, and when it is wanted."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]
    cron: Annotated[str, Field(max_length=200, description="minute, hour, day, month and weekday")]
    zone: Annotated[str, Field(max_length=100, description="whose clocks are meant, such as Europe/Vienna")] = "UTC"
    job: JobWish


class ScheduleTold(Told):
    """A schedule."""

    name: str
    cron: str
    zone: str
    owner: str
    job: Mapping[str, Any]
    next_at: datetime
    last_at: datetime | None
    last_job: str | None
    trouble: str | None = Field(description="why the job was refused the last time")


class SchedulesTold(Told):
    """All schedules."""

    items: list[ScheduleTold]
    total: int


@router.get("")
def schedules(request: Request, parts: World) -> SchedulesTold:
    """All of them, by name."""
    only = sees_only(request)
    items = [_told(one) for one in parts.records.schedules.find() if only in (None, one.owner)]
    return SchedulesTold(items=items, total=len(items))


@router.post("", status_code=HTTPStatus.CREATED)
def add(wish: ScheduleWish, request: Request, parts: World) -> ScheduleTold:
    """Have a job submitted at certain times. A wish that is refused today is refused here."""
    only = sees_only(request)
    if any(one.name == wish.name and only not in (None, one.owner) for one in parts.records.schedules.find()):
        raise HTTPException(HTTPStatus.CONFLICT, f"Somebody else has a schedule '{wish.name}'. Choose another name.")
    parts.desk.check(wish.job, owner_of(request))
    return _told(schedule(parts.records.schedules, wish.name, wish.cron, wish.zone, wish.job, owner_of(request)))


@router.delete("/{name}", status_code=HTTPStatus.NO_CONTENT)
def remove(name: str, request: Request, parts: World) -> None:
    """Submit no more of it."""
    only = sees_only(request)
    if not any(one.name == name and only in (None, one.owner) for one in parts.records.schedules.find()):
        raise RunUnknown(run_id=name.replace("\x00", ""))
    parts.records.schedules.remove(name)


def _told(found: Schedule) -> ScheduleTold:
    return ScheduleTold(job=found.wish, **{name: value for name, value in vars(found).items() if name != "wish"})
