"""The life of one job in our hands, from its message to its acknowledgement. Each step may be the last of a process:
the next delivery begins the job anew, as another attempt, and what has ended stays ended."""

import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tandem.errors import (
    IllegalMove,
    LeaseLost,
    OutOfMemory,
    ProgramFailed,
    RunUnknown,
    ShuttingDown,
    StoreUnavailable,
    TandemError,
    TaskError,
    TaskKilled,
    TimedOut,
    TooManyAttempts,
    TransientError,
    Unexpected,
)
from tandem.jobs.execution.folder import RunFolder
from tandem.jobs.execution.launch import execute
from tandem.jobs.execution.stop import Stop
from tandem.jobs.runner import results
from tandem.jobs.runner.capacity import Grant
from tandem.jobs.runner.faults import fault_of
from tandem.jobs.runner.findings import findings_in
from tandem.jobs.runner.listening import Listening
from tandem.jobs.runner.preparation import Preparation
from tandem.jobs.runner.provenance import provenance_of
from tandem.jobs.runner.returning import Returning
from tandem.jobs.runner.telling import Telling
from tandem.jobs.spec import Spec
from tandem.queues.leases import Held
from tandem.records.bundle import Records
from tandem.records.jobs import Facts, Job
from tandem.settings import Settings
from tandem.states import State
from tandem.stores import Store

log = logging.getLogger(__name__)

#: What a program says in `retry_on`, for each way to fail.
RETRIED: dict[type[TandemError], str] = {ProgramFailed: "failure", TimedOut: "timeout", OutOfMemory: "memory"}
#: Seconds until a job that met a fault of ours is tried again.
FAULT_PAUSE_S = 2.0
#: Seconds until a job that this runner does not begin is offered again.
PASS_PAUSE_S = 1.0


@dataclass(frozen=True)
class Parts:
    """What a job's life needs of the world around it."""

    settings: Settings
    records: Records
    store: Store
    folders: Path
    preparation: Preparation
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
            self._acknowledge(held)
            return None
        return Taken(held, job, Spec.model_validate(job.spec), Stop())

    def pass_on(self, taken: Taken) -> None:
        """Leave it to somebody else, or to ourselves later."""
        self._release(taken.held, PASS_PAUSE_S)

    def live(self, taken: Taken, grant: Grant) -> None:
        """Carry one job to its end: ended, handed back or lost. Never raises."""
        try:
            self._settle(taken, grant)
        except LeaseLost:
            log.warning("the lease on job %s is lost; nothing more is published", taken.job.run_id)
        except TransientError as error:
            self._hand_back(taken, error)
        except Exception:
            log.exception("job %s went wrong", taken.job.run_id)
            self._hand_back(taken, Unexpected())

    def _settle(self, taken: Taken, grant: Grant) -> None:
        runs, job = self._parts.records.runs, taken.job
        run = runs.get(job.run_id)
        attempt = run.attempt + (run.state is State.RUNNING)
        if attempt > max(self._parts.settings.max_receives, 1 + taken.spec.retries):
            tries = runs.attempts(job.run_id)
            reason = (tries[-1].reason if tries else None) or "the runner died"
            self._end(taken, State.FAILED, TooManyAttempts(attempts=attempt - 1, reason=reason))
            return
        try:
            runs.started(job.run_id, attempt=attempt)
        except IllegalMove:  # it was cancelled this very moment
            self._acknowledge(taken.held)
            return
        self._parts.telling.job(job, State.RUNNING)
        folder = RunFolder(self._parts.folders / job.run_id)
        try:
            self._attempt(taken, grant, folder, attempt)
        except TaskKilled as error:
            self._end(taken, State.KILLED, error)
            with suppress(TandemError, OSError):
                results.upload_logs(folder.logs, self._prefix(job), self._parts.store)
        except TaskError as error:
            self._fail(taken, error, attempt)
        finally:
            with suppress(OSError):
                folder.remove()

    def _attempt(self, taken: Taken, grant: Grant, folder: RunFolder, attempt: int) -> None:
        job, spec, parts = taken.job, taken.spec, self._parts
        with taken.held.when_interrupted(lambda: taken.stop.ask("shutdown")):
            launch, inputs = parts.preparation.prepare(job, spec, folder, grant, attempt)
            parts.records.jobs.note(job.run_id, Facts(phase="run"))
            listening = Listening(parts.records, job.run_id, is_first=attempt == 1)
            ending = execute(launch, taken.stop, listening)
        taken.held.check_ours()
        facts = Facts(
            phase="run",
            exit_code=ending.exit_code,
            cpu_s=round(ending.cpu_s, 3),
            wall_s=round((ending.finished_at - ending.started_at).total_seconds(), 3),
            peak_bytes=ending.peak_bytes,
        )
        parts.records.jobs.note(job.run_id, facts)
        if ending.by == "shutdown":
            raise ShuttingDown
        if ending.by == "kill":
            raise TaskKilled
        prefix = self._prefix(job)
        try:
            fault = fault_of(ending, spec, folder.results)
            results.upload_logs(folder.logs, prefix, parts.store)
            made = results.upload(folder.results, prefix, parts.store)
            told = provenance_of(job, spec, attempt, inputs, ending)
            results.upload_json(told, f"{prefix}{results.PROVENANCE}", parts.store)
        except OSError as error:
            raise StoreUnavailable(bucket=parts.store.bucket, key=prefix, reason=error) from error
        size, findings = sum(one.size for one in made), findings_in(folder.results)
        parts.records.jobs.note(job.run_id, Facts(phase="collect", result_bytes=size, findings=findings))
        taken.held.check_ours()
        if fault is not None:
            raise fault
        parts.returning.give_back(spec, folder.results)
        results.mark_complete(made, prefix, parts.store)
        self._end(taken, State.COMPLETE, None)

    def _fail(self, taken: Taken, error: TaskError, attempt: int) -> None:
        """Try it again where the program asks for that, or end it."""
        spec, job = taken.spec, taken.job
        taken.held.check_ours()
        if RETRIED.get(type(error)) in spec.retry_on and attempt <= spec.retries:
            self._parts.records.runs.requeued(job.run_id, reason=str(error))
            self._release(taken.held, spec.retry_pause_s * 2 ** (attempt - 1))
            self._parts.telling.job(job, State.QUEUED)
            return
        self._end(taken, State.FAILED, error)

    def _end(self, taken: Taken, state: State, error: TandemError | None) -> None:
        """The job has ended: note it, tell it, let its message go."""
        code, reason = (error.code, str(error)) if error is not None else (None, None)
        with suppress(IllegalMove):  # it was cancelled while its end was being written
            self._parts.records.runs.finished(taken.job.run_id, state, error_code=code, reason=reason)
        self._parts.telling.job(taken.job, state)
        self._acknowledge(taken.held)

    def _hand_back(self, taken: Taken, error: TandemError) -> None:
        """Somebody else, or we later, begin it anew."""
        counts = not isinstance(error, ShuttingDown)
        log.info("job %s goes back to its queue: %s", taken.job.run_id, error)
        with suppress(TandemError):
            self._parts.records.runs.requeued(taken.job.run_id, reason=str(error), counts=counts)
        self._release(taken.held, FAULT_PAUSE_S if counts else 0.0)

    def _prefix(self, job: Job) -> str:
        return f"runs/{job.run_id}/"

    def _acknowledge(self, held: Held) -> None:
        with suppress(TandemError):  # it comes back, and is found to have ended
            held.queue.acknowledge(held.lease)

    def _release(self, held: Held, delay_s: float) -> None:
        with suppress(TandemError):  # it comes back by itself
            held.queue.release(held.lease, delay_s)
