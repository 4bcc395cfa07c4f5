"""What files that were dropped ask for, each carried out step by step. Each step may be the last of a process: the
next delivery of the message finds what is done."""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from tandem.errors import JobRefused, RunUnknown, TandemError, TransientError, Unexpected
from tandem.jobs.cloud import submitted
from tandem.jobs.cloud.bucket import Bucket
from tandem.jobs.cloud.events import Dropped
from tandem.jobs.cloud.places import SUBMIT, Answer, Place
from tandem.jobs.cloud.report import Report
from tandem.jobs.submission import Desk
from tandem.records.bundle import Records
from tandem.records.jobs import Job
from tandem.states import State
from tandem.stores import Store
from tandem.stores.base import Stored

log = logging.getLogger(__name__)

#: How the moment is written that a file arrived at, where it names no timestamp of its own.
ARRIVED = "%Y-%m-%dT%H-%M-%S"


@dataclass(frozen=True)
class World:
    """What errands need of the world around them."""

    bucket: Bucket
    records: Records
    store: Store
    desk: Desk


class Errand(Protocol):
    """One file's wish."""

    place: Place

    def step(self) -> bool:
        """Go on with it; whether it is done. TransientError where the world is away for the moment."""


class Submit:
    """A job, from its submit.json to its results in the bucket."""

    def __init__(self, place: Place, world: World) -> None:
        self.place, self._world = place, world
        self._run_id: str | None = None
        self._report: Report | None = None

    def step(self) -> bool:
        """Submit the job, or look at it again."""
        if self._report is None:
            return not self._begin()
        return self._look(self._report)

    def _begin(self) -> bool:
        """See that there is a job; whether there is something to follow."""
        world, place = self._world, self.place
        found = world.bucket.head(place.submit)
        if found is None:  # it was taken away again
            return False
        run_id = place.run_id(found.etag)
        job = self._known(run_id)
        if job is None:
            arrived = found.modified.astimezone(UTC).strftime(ARRIVED)
            try:
                job = self._submit(submitted.read(place, world.bucket, arrived), run_id)
            except TransientError:
                raise
            except TandemError as error:
                refuse(place, world.bucket, error)
                return False
        if self._is_called_off(found):
            world.records.runs.request_kill(run_id)
        world.bucket.delete(place.error)
        answer = Answer(place.user, job.name)
        self._run_id, self._report = job.run_id, Report(answer, world.bucket, world.records, world.store)
        self._report.update(job)
        return True

    def _is_called_off(self, submit: Stored) -> bool:
        """Whether the file that ends the job came while there was none yet: messages keep no order."""
        kill = self._world.bucket.head(self.place.kill)
        return kill is not None and kill.modified >= submit.modified

    def _look(self, report: Report) -> bool:
        try:
            job = self._world.records.jobs.get(str(self._run_id))
        except RunUnknown:  # somebody has deleted it
            return True
        report.update(job)
        if job.state.terminal:
            report.finish(job)
        return job.state.terminal

    def _submit(self, asked: submitted.Asked, run_id: str) -> Job:
        """Take the name of its answer, then hand the job in; the name is free again where it is refused."""
        self._claim(asked.answer, run_id)
        try:
            return self._world.desk.submit(asked.wish, self.place.user, run_id=run_id)
        except TransientError:
            raise
        except TandemError:
            self._world.bucket.delete(asked.answer.status)
            raise

    def _claim(self, answer: Answer, run_id: str) -> None:
        bucket = self._world.bucket
        mine = {"id": run_id, "state": State.QUEUED, "submission": self.place.submit}
        if bucket.write_json(answer.status, mine, replace=False):
            return
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(bucket.read(answer.status, "timestamp"))
            is_taken = self._known(told["id"]) is not None or (told.keys() == mine.keys() and self._is_meant(told))
            if told["id"] != run_id and is_taken:
                reason = f"there is a job {answer.name} already; give another timestamp"
                raise JobRefused(field="timestamp", reason=reason)

    def _is_meant(self, told: Mapping[str, str]) -> bool:
        """Whether the file still lies there, as it was, whose job has taken a name and is being handed in."""
        place = replace(self.place, folder=told["submission"].removesuffix(SUBMIT))
        found = self._world.bucket.head(place.submit)
        return found is not None and place.run_id(found.etag) == told["id"]

    def _known(self, run_id: str) -> Job | None:
        with suppress(RunUnknown):
            return self._world.records.jobs.get(run_id)
        return None


class Kill:
    """The end of the job whose submit.json lies beside."""

    def __init__(self, place: Place, world: World) -> None:
        self.place, self._world = place, world

    def step(self) -> bool:
        """Ask for it, if there is such a job."""
        found = self._world.bucket.head(self.place.submit)
        if found is not None:
            with suppress(RunUnknown):
                self._world.records.runs.request_kill(self.place.run_id(found.etag))
        return True


def errand_of(dropped: Dropped, world: World) -> Errand:
    """What is to be done."""
    return Submit(dropped.place, world) if dropped.what == "submit" else Kill(dropped.place, world)


def refuse(place: Place, bucket: Bucket, error: TandemError) -> None:
    """Answer beside the file, in a sentence."""
    told = {"error": str(error), "field": error.facts.get("field"), "code": error.code}
    log.info("%s is refused: %s", place.submit, error)
    try:
        bucket.write_json(place.error, {**told, "at": datetime.now(UTC).isoformat(timespec="seconds")})
    except TransientError:
        raise
    except TandemError as fault:
        log.warning("nobody can be told: %s", fault)


def give_up(errand: Errand, bucket: Bucket) -> None:
    """Answer to what went wrong in a way that nobody has thought of."""
    with suppress(TandemError):
        refuse(errand.place, bucket, Unexpected())
