"""The life of one job in our hands, from its message to its acknowledgement. Each step may be the last of a process:
the next delivery begins the job anew, as another attempt, and what has ended stays ended."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from tandem.errors import (
    BudgetSpent,
    IllegalMove,
    LeaseLost,
    NotStarted,
    OutOfMemory,
    ProgramFailed,
    RunUnknown,
    ShuttingDown,
    TandemError,
    TaskError,
    TaskKilled,
    TimedOut,
    TooManyAttempts,
    TransientError,
    Unexpected,
)
from tandem.jobs.budget import check_budget
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import Ending
from tandem.jobs.execution.stop import Stop
from tandem.jobs.runner.attempt import Way
from tandem.jobs.runner.capacity import Grant
from tandem.jobs.runner.collecting import Collecting, facts_of
from tandem.jobs.runner.listening import Listening
from tandem.jobs.runner.patience import Result, patiently
from tandem.jobs.runner.returning import Returning
from tandem.jobs.runner.telling import Telling
from tandem.jobs.spec import Spec
from tandem.queues.leases import Held
from tandem.records.bundle import Records
from tandem.records.facts import NOTHING, Facts
from tandem.records.jobs import Job
from tandem.settings import Settings
from tandem.states import State
from tandem.stores import Store

log = logging.getLogger(__name__)

#: What a program says in `retry_on`: of a runner that died, and for each way to fail.
LOST = "lost"
RETRIED: dict[type[TandemError], str] = {ProgramFailed: "failure", TimedOut: "timeout", OutOfMemory: "memory"}
#: Seconds until a job that met a fault of ours is tried again.
FAULT_PAUSE_S = 2.0


@dataclass(frozen=True)
class Parts:
    """What a job's life needs of the world around it."""

    settings: Settings
    records: Records
    store: Store
    folders: Path
    way: Way
    returning: Returning
    telling: Telling


@dataclass(frozen=True)
class Taken:
    """A job that is ours: its message, what was promised, and how it is stopped."""

    held: Held
    job: Job
    spec: Spec
    stop: Stop


class Life:
    """Carries jobs through their steps. Safe to be used by several threads, a job each."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def meet(self, held: Held) -> Taken | None:
        """What the message is about; None where there is nothing to do any more. Never raises."""
        try:
            job = self._parts.records.jobs.get(json.loads(held.lease.body)["job"])
        except (ValueError, KeyError, TypeError, RunUnknown) as error:
            log.warning("message %s is about no job: %s", held.lease.message_id, error)
            self._acknowledge(held)
            return None
        except TandemError as error:
            log.warning("%s", error)
            self._release(held, FAULT_PAUSE_S)
            return None
        if job.state.terminal:
            if job.started_at is None:
                self._acknowledge(held)
            else:
                self._let_go(held, job)
            return None
        try:
            return Taken(held, job, Spec.model_validate(job.spec), Stop())
        except ValidationError:
            self._refuse(held, job, NotStarted(reason="another version of Tandem has taken it; hand it in anew"))
            return None

    def pass_on(self, held: Held, pause_s: float) -> None:
        """Leave it to somebody else, or to ourselves later."""
        self._release(held, pause_s)

    def live(self, taken: Taken, grant: Grant) -> None:
        """Carry one job to its end: ended, handed back or lost. Never raises."""
        try:
            self._settle(taken, grant)
        except LeaseLost:
            log.warning("the lease on job %s is lost; nothing more is published", taken.job.run_id)
        except TransientError as error:
            self._hand_back(taken, error)
        except OSError as error:  # as of a disk without room; another runner may have some
            log.exception("job %s went wrong", taken.job.run_id)
            reason = f"its runner cannot write or read what it needs: {error.strerror or error}"
            self._hand_back(taken, NotStarted(reason=reason))
        except Exception:
            log.exception("job %s went wrong", taken.job.run_id)
            self._hand_back(taken, Unexpected())

    def _settle(self, taken: Taken, grant: Grant) -> None:
        runs, job = self._parts.records.runs, taken.job
        goes_on = job.state is State.RUNNING and self._parts.way.outlives(job)
        is_lost = job.state is State.RUNNING and not goes_on
        attempt = job.attempt + is_lost
        folder = self._folder(job.run_id, attempt)
        if job.kill_requested and not goes_on:  # while its runner was dead
            self._end(taken, State.KILLED, TaskKilled())
            return
        most = max(self._parts.settings.max_receives, 1 + taken.spec.retries)
        if attempt > most or (is_lost and LOST not in taken.spec.retry_on):
            tries = runs.attempts(job.run_id)
            reason = ((tries[-1].reason if tries else None) or "the runner died").rstrip(".")
            self._end(taken, State.FAILED, TooManyAttempts(attempts=attempt - 1, reason=reason))
            return
        try:
            if not goes_on:
                self._start(job, attempt)
        except BudgetSpent as error:
            self._end(taken, State.FAILED, error)
            return
        except IllegalMove:  # it was cancelled this very moment
            self._let_go(taken.held, job)
            return
        self._parts.telling.job(job, State.RUNNING)
        try:
            self._attempt(taken, grant, folder, attempt)
        except TaskKilled as error:
            self._end(taken, State.KILLED, error)
        except TaskError as error:
            self._fail(taken, error, attempt, Facts(phase="prepare"))
        finally:
            with suppress(OSError):
                folder.remove()

    def _folder(self, run_id: str, attempt: int) -> RunFolder:
        """One for each attempt: a runner that stood still may come back to that of its own. What is left of earlier
        ones goes."""
        for earlier in range(1, attempt):
            with suppress(OSError):
                RunFolder(self._parts.folders / f"{run_id}.{earlier}").remove()
        return RunFolder(self._parts.folders / f"{run_id}.{attempt}")

    def _start(self, job: Job, attempt: int) -> None:
        if job.group_id is not None:
            check_budget(self._parts.records.groups, job.group_id)
        self._parts.records.runs.started(job.run_id, attempt=attempt)

    def _attempt(self, taken: Taken, grant: Grant, folder: RunFolder, attempt: int) -> None:
        job, spec, parts = taken.job, taken.spec, self._parts
        with taken.held.when_interrupted(lambda: taken.stop.ask("shutdown")):
            tried = parts.way.prepare(job, spec, folder, grant.gpus, attempt)
            listening = Listening(parts.records, job.run_id, is_first=job.started_at is None)
            ending = tried.execute(taken.stop, listening)
        grant.give_back()
        self._spend(taken, ending)
        taken.held.check_ours()
        collecting = Collecting(parts.store, folder, job, spec, attempt, tried)
        if ending.by == "shutdown":
            parts.records.jobs.note(job.run_id, facts_of(ending, "run"))
            raise ShuttingDown
        if ending.by == "kill":
            self._end(taken, State.KILLED, TaskKilled(), facts_of(ending, "run"))
            with suppress(TandemError, OSError):
                collecting.traces(ending)
            return
        collected = self._patiently(taken, lambda: collecting.all(ending))
        taken.held.check_ours()
        if collected.fault is not None:
            self._fail(taken, collected.fault, attempt, collected.facts)
            return
        parts.returning.give_back(spec, folder.results)
        self._patiently(taken, lambda: collecting.mark(collected))
        self._patiently(taken, lambda: self._end(taken, State.COMPLETE, None, collected.facts))

    def _spend(self, taken: Taken, ending: Ending) -> None:
        """Nothing is lost for want of this note."""
        seconds = (ending.finished_at - ending.started_at).total_seconds()
        if taken.job.group_id is not None:
            with suppress(TransientError):
                self._parts.records.groups.spend(
                    taken.job.group_id, taken.spec.cpus * seconds, taken.spec.gpus * seconds
                )

    def _patiently(self, taken: Taken, step: Callable[[], Result]) -> Result:
        return patiently(step, taken.held, taken.stop, self._parts.settings.visibility_s)

    def _fail(self, taken: Taken, error: TaskError, attempt: int, facts: Facts = NOTHING) -> None:
        """Try it again where the program asks for that, or end it."""
        spec, job, records = taken.spec, taken.job, self._parts.records
        taken.held.check_ours()
        if RETRIED.get(type(error)) not in spec.retry_on or attempt > spec.retries:
            self._patiently(taken, lambda: self._end(taken, State.FAILED, error, facts))
            return
        if facts != NOTHING:
            records.jobs.note(job.run_id, facts)
        self._queue_again(taken, str(error), pause_s=spec.retry_pause_s * 2 ** (attempt - 1))

    def _end(self, taken: Taken, state: State, error: TandemError | None, facts: Facts = NOTHING) -> None:
        """The job has ended: note it, tell it, let its message go."""
        code, reason = (error.code, str(error)) if error is not None else (None, None)
        with suppress(IllegalMove):  # it has ended otherwise, and whoever ended it has told so
            self._parts.records.runs.finished(taken.job.run_id, state, error_code=code, reason=reason, facts=facts)
            self._parts.telling.job(taken.job, state)
        self._let_go(taken.held, taken.job)

    def _queue_again(self, taken: Taken, reason: str, *, pause_s: float, counts: bool = True) -> None:
        """The next attempt begins after the pause, unless somebody has cancelled the job meanwhile."""
        run = self._parts.records.runs.requeued(taken.job.run_id, reason=reason, counts=counts)
        if run.kill_requested:
            self._end(taken, State.KILLED, TaskKilled())
            return
        self._release(taken.held, pause_s)
        self._parts.telling.job(taken.job, State.QUEUED)

    def _hand_back(self, taken: Taken, error: TandemError) -> None:
        """Somebody else, or we later, begin it anew."""
        counts = error.counts if isinstance(error, TransientError) else True
        pause_s = 0.0 if isinstance(error, ShuttingDown) else FAULT_PAUSE_S
        log.info("job %s goes back to its queue: %s", taken.job.run_id, error)
        try:
            self._queue_again(taken, str(error), pause_s=pause_s, counts=counts)
        except TandemError:
            self._release(taken.held, pause_s)

    def _let_go(self, held: Held, job: Job) -> None:
        """It has ended, and nothing of it is to run on."""
        with suppress(TandemError):
            self._parts.way.clear(job)
        self._acknowledge(held)

    def _refuse(self, held: Held, job: Job, error: TandemError) -> None:
        """It cannot even be met."""
        try:
            self._parts.records.runs.finished(job.run_id, State.FAILED, error_code=error.code, reason=str(error))
        except TransientError:
            self._release(held, FAULT_PAUSE_S)
            return
        except IllegalMove:  # it has ended this very moment
            pass
        else:
            self._parts.telling.job(job, State.FAILED)
        self._let_go(held, job)

    def _acknowledge(self, held: Held) -> None:
        with suppress(TandemError):  # it comes back, and is found to have ended
            held.queue.acknowledge(held.lease)

    def _release(self, held: Held, delay_s: float) -> None:
        with suppress(TandemError):  # it comes back by itself
            held.queue.release(held.lease, delay_s)
