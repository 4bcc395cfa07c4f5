"""The life of one message in our hands, from its text to its acknowledgement. Each step may be the last of a process:
the next delivery finds what is already done and does only the rest."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any

from tandem import logs, tracing
from tandem.errors import (
    EventsUnavailable,
    IllegalMove,
    InvalidRequest,
    LeaseLost,
    QueueUnavailable,
    RequestError,
    RequestExpired,
    RunUnknown,
    ShuttingDown,
    TandemError,
    TaskError,
    TaskKilled,
    TooManyAttempts,
    TransientError,
    Unexpected,
)
from tandem.queues.base import Lease, Queue
from tandem.queues.leases import Held, Leases
from tandem.records.base import Record, Run
from tandem.settings import Settings
from tandem.states import State
from tandem.tasks.catalogue import read_body
from tandem.tasks.request import WorkRequest, decode, etag_in, noted, parse, salvage
from tandem.worker.announcements import Announcements, Outcome
from tandem.worker.pauses import pause_s
from tandem.worker.watch import Watch
from tandem.worker.work import Work

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What a message's life needs of the world around it."""

    settings: Settings
    queue: Queue
    record: Record
    leases: Leases
    watch: Watch
    announcements: Announcements
    work: Work


class Life:
    """Carries messages through their steps. Safe to be used by several threads, a message each."""

    def __init__(self, parts: Parts, is_stopping: Callable[[], bool]) -> None:
        self._parts, self._is_stopping = parts, is_stopping

    def meet(self, held: Held) -> None:
        """Note a message at its first delivery, before its turn comes: while it waits, a worker that ends uses up none
        of its attempts. Never raises."""
        lease = held.lease
        if lease.receive_count > 1:
            return
        try:
            self._note(lease, _readable(lease.body))
        except TandemError as error:
            log.info("%s", error)
        except Exception:
            log.exception("message %s could not be noted", lease.message_id)

    def live(self, held: Held) -> None:
        """Carry one message to its end: acknowledged, dead-lettered, handed back or lost. Never raises."""
        lease = held.lease
        message = _readable(lease.body)
        facts = {"etag": etag_in(message), "experiment": _text(message, "experimentId")}
        with logs.context(request_id=lease.message_id, **{name: value or None for name, value in facts.items()}):
            try:
                with self._traced(lease, facts | {"task": _task(message)}):
                    self._settle(held, message)
            except LeaseLost:
                log.warning("the lease is lost; nothing more is published")
            except TransientError as error:
                self._hand_back(held, error, delay_s=pause_s(lease.receive_count) if error.counts else 0.0)
            except Exception:
                log.exception("the message could not be settled")
                self._give_up_or_back(held)
            finally:
                self._parts.leases.let_go(held)

    def _give_up_or_back(self, held: Held) -> None:
        """A message that meets the unexpected each time must not block those behind it for ever."""
        lease = held.lease
        if lease.receive_count < self._parts.settings.max_receives:
            self._hand_back(held, Unexpected(), delay_s=pause_s(lease.receive_count))
            return
        error = Unexpected()
        with suppress(TandemError):  # refused where the run has ended already
            self._parts.record.finished(lease.message_id, State.FAILED, error_code=error.code, reason=str(error))
        try:
            self._parts.queue.dead_letter(lease, str(error))
        except (LeaseLost, QueueUnavailable) as late:
            log.info("it comes back by itself: %s", late)

    def _traced(self, lease: Lease, facts: Mapping[str, str]) -> AbstractContextManager[None]:
        name = tracing.segment_name(self._parts.settings)
        return tracing.segment(name, lease.attributes.get("AWSTraceHeader"), facts)

    def _settle(self, held: Held, message: dict[str, Any]) -> None:
        """Find how the request ended, earlier or now, tell it, and let the message go."""
        lease, parts = held.lease, self._parts
        run, attempts = self._note(lease, message)
        if run.state.terminal:
            log.info("already %s: announcing it again", run.state)
            self._tell(held, message, self._outcome_of(run, message))
            parts.queue.acknowledge(lease)
            return
        try:
            outcome = self._work(held, run, attempts)
        except (RequestError, TaskError) as error:
            self._end(held, message, error)
        except TransientError as error:
            self._try_again(held, message, attempts, error)
        except LeaseLost:
            raise
        except Exception:
            log.exception("the work went wrong")
            self._end(held, message, Unexpected())
        else:
            parts.record.finished(lease.message_id, State.COMPLETE)
            self._tell(held, message, outcome)
            parts.queue.acknowledge(lease)

    def _try_again(self, held: Held, message: Mapping[str, Any], attempts: int, error: TransientError) -> None:
        """Give up a request that has had all its attempts; raise the error, with the run put back, where it has not."""
        parts, run_id = self._parts, held.lease.message_id
        if error.counts and self._is_stopping():
            error = ShuttingDown()  # R is told to end when we are: what breaks off then is no failed attempt
        held.check_ours()  # or the run of whoever has the message now would be put back
        if error.counts and attempts + 1 >= parts.settings.max_receives:
            self._end(held, message, TooManyAttempts(attempts=attempts + 1, reason=str(error)))
            return
        with suppress(IllegalMove):
            parts.record.requeued(run_id, reason=str(error), counts=error.counts)
        raise error

    def _note(self, lease: Lease, message: Mapping[str, Any]) -> tuple[Run, int]:
        """The run of this message and how many attempts it has used up. A message that the record does not know
        (another program sent it, or the record is new) has used up its earlier deliveries."""
        try:
            run = self._parts.record.get(lease.message_id)
        except RunUnknown:
            run = self._parts.record.queued(
                lease.message_id,
                experiment=_text(message, "experimentId"),
                task=_task(message),
                etag=etag_in(message),
                request=noted(message),
            )
            return run, lease.receive_count - 1
        return run, run.attempt - (run.state is State.QUEUED)

    def _work(self, held: Held, run: Run, attempts: int) -> Outcome:
        """The result, found or made. Raises what ends the request otherwise."""
        lease, parts = held.lease, self._parts
        request = parse(decode(lease.body))
        self._check_experiment(request)
        body = read_body(request.body)
        if not attempts:
            _check_wanted(run, request)
        found = parts.work.find(held, request, body)
        if found is None:
            _check_wanted(run, request)
            if attempts >= parts.settings.max_receives:
                raise TooManyAttempts(attempts=attempts, reason=run.reason or "the worker died")
        self._start(lease.message_id, attempts + 1)
        if found is not None:
            log.info("the result is in the store already")
            return found
        with parts.watch.over(held, request.experiment_id):
            return parts.work.make(held, request, body)

    def _start(self, run_id: str, attempt: int) -> None:
        """Note that the work begins, unless the run was cancelled this very moment."""
        try:
            self._parts.record.started(run_id, attempt=attempt)
        except IllegalMove:
            if self._parts.record.get(run_id).state is State.KILLED:
                raise TaskKilled from None
            raise

    def _outcome_of(self, run: Run, message: Mapping[str, Any]) -> Outcome:
        """How a run ended that the record knows as ended."""
        address = self._parts.work.address(_text(message, "signedUrl") or None, run.etag)
        if run.state is State.COMPLETE:
            return self._parts.work.in_store(run.etag, address) or Outcome(cacheable=False, signed_url=address)
        return Outcome(
            cacheable=False, signed_url=address, error_code=run.error_code or "", user_message=run.reason or ""
        )

    def _end(self, held: Held, message: Mapping[str, Any], error: RequestError | TaskError | Unexpected) -> None:
        """Note, tell and let go of a request that ends without a result."""
        lease, parts = held.lease, self._parts
        held.check_ours()
        log.info("%s: %s", error.code, error)
        parts.record.finished(lease.message_id, _state_of(error), error_code=error.code, reason=str(error))
        address = self._parts.work.address(_text(message, "signedUrl") or None, etag_in(message))
        self._tell(
            held,
            message,
            Outcome(cacheable=False, signed_url=address, error_code=error.code, user_message=str(error)),
        )
        if isinstance(error, TooManyAttempts) or (
            isinstance(error, RequestError) and not isinstance(error, RequestExpired)
        ):
            parts.queue.dead_letter(lease, str(error))
        else:
            parts.queue.acknowledge(lease)

    def _tell(self, held: Held, message: Mapping[str, Any], outcome: Outcome) -> None:
        """Announce the end. While Redis is away the message stays ours to announce, as long as somebody waits."""
        held.check_ours()
        if not etag_in(message):
            return
        try:
            with tracing.subsegment("notify"):
                self._parts.announcements.answer(message, outcome)
        except EventsUnavailable:
            if _somebody_waits(message):
                raise
            log.warning("nobody waits for this answer any more, so it is not announced")

    def _check_experiment(self, request: WorkRequest) -> None:
        """A queue belongs to one experiment, but for the one queue that all share in development."""
        settings = self._parts.settings
        ours, one_queue_for_all = settings.experiment_id, settings.in_development and settings.queue_url is None
        if request.experiment_id == ours:
            return
        if not one_queue_for_all:
            raise InvalidRequest(reason=f"this worker serves experiment {ours}, not {request.experiment_id}")
        log.warning("a request for experiment %s is computed on %s", request.experiment_id, ours)

    def _hand_back(self, held: Held, error: TandemError, delay_s: float) -> None:
        log.info("handing the message back for %.1f s: %s", delay_s, error)
        try:
            self._parts.queue.release(held.lease, delay_s)
        except (LeaseLost, QueueUnavailable) as late:
            log.info("it comes back by itself: %s", late)


def _check_wanted(run: Run, request: WorkRequest) -> None:
    """Refuse work that was cancelled, or that nobody waits for any more."""
    if run.kill_requested:
        raise TaskKilled
    request.check_not_expired()


def _state_of(error: TandemError) -> State:
    if isinstance(error, TaskKilled):
        return State.KILLED
    return State.EXPIRED if isinstance(error, RequestExpired) else State.FAILED


def _somebody_waits(message: Mapping[str, Any]) -> bool:
    try:
        return parse(dict(message)).seconds_left() > 0
    except RequestError:
        return False


def _readable(text: str) -> dict[str, Any]:
    """The message as an object; of a malformed one what is needed to answer it."""
    try:
        return decode(text)
    except RequestError:
        return salvage(text)


def _text(message: Mapping[str, Any], field: str) -> str:
    value = message.get(field)
    return value if isinstance(value, str) else ""


def _task(message: Mapping[str, Any]) -> str:
    body = message.get("body")
    return _text(body, "name") if isinstance(body, dict) else ""
