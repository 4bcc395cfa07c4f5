"""Jobs that are submitted again and again: when each is due, and submitting it then."""

import logging
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from tandem.errors import JobRefused, TandemError, TransientError
from tandem.jobs.submission import Desk
from tandem.jobs.wishes import JobWish
from tandem.records.schedules import Schedule, Schedules

log = logging.getLogger(__name__)


def next_time(cron: str, zone: str, after: datetime) -> datetime:
    """When a cron expression is due next, on the clocks of a place. JobRefused where one of them means nothing."""
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise JobRefused(
            field="zone", reason=f"there is no time zone '{zone}'; they are called like Europe/Vienna"
        ) from None
    try:
        return next(CronSim(cron, after.astimezone(there))).astimezone(UTC)
    except (CronSimError, StopIteration):
        reason = f"'{cron}' is no time that comes; write minute, hour, day, month and weekday, like '0 6 * * 1-5'"
        raise JobRefused(field="cron", reason=reason) from None


def schedule(schedules: Schedules, name: str, cron: str, zone: str, wish: JobWish, owner: str) -> Schedule:
    """Keep a wish for later, in the place of one of the same name."""
    next_at = next_time(cron, zone, datetime.now(UTC))
    new = Schedule(name, cron, zone, wish.model_dump(mode="json", by_alias=True, exclude_unset=True), owner, next_at)
    schedules.put(new)
    return new


def submit_due(schedules: Schedules, desk: Desk) -> None:
    """Submit what is due, each by one of all who look. What was missed while nobody looked, or while what is needed was
    away, is submitted once."""
    now = datetime.now(UTC)
    for due in schedules.due(now):
        try:
            next_at = next_time(due.cron, due.zone, now)
            if schedules.claim(due, next_at):
                _submit(schedules, due, next_at, desk)
        except TransientError as error:
            log.warning("the job of the schedule '%s' is to be submitted later: %s", due.name, error)
        except TandemError as error:
            log.warning("the schedule '%s' was due, and its job was refused: %s", due.name, error)
            schedules.submitted(due.name, None, str(error))


def _submit(schedules: Schedules, due: Schedule, next_at: datetime, desk: Desk) -> None:
    # What is asked for at certain times is meant to be done at each of them, and once.
    wish = JobWish.model_validate({**due.wish, "force": True})
    run_id = str(uuid5(NAMESPACE_URL, f"{due.name}@{due.next_at.isoformat()}"))
    try:
        job = desk.submit(wish, due.owner, run_id=run_id)
    except TransientError:
        schedules.give_back(due, next_at)
        raise
    schedules.submitted(due.name, job.run_id, None)
