"""The work of one request: R computes, and the bytes stream through a compressor into the store, or say what changes
in the cell sets."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, TypeVar

from tandem import tracing
from tandem.errors import (
    CellSetsNotChanged,
    CellSetsUnavailable,
    DeadlineExceeded,
    LeaseLost,
    ResultNotStored,
    RServiceUnavailable,
    StoreUnavailable,
    TandemError,
    TaskKilled,
)
from tandem.experiments.changes import Change
from tandem.experiments.editor import CellSetEditor
from tandem.experiments.source import ExperimentSource
from tandem.models.base import LanguageModel
from tandem.queues.leases import Held
from tandem.records.base import Progress
from tandem.settings import Settings
from tandem.stores.base import Store
from tandem.tasks.answers import stored_answer
from tandem.tasks.body import Context, TaskBody
from tandem.tasks.request import WorkRequest
from tandem.worker.announcements import Announcements, Outcome
from tandem.worker.asking import AskedModel
from tandem.worker.bridge import Answer, RService
from tandem.worker.pauses import pause_s
from tandem.worker.results import Result, fits_event, inline, take_in

log = logging.getLogger(__name__)

#: The largest answer that may say what changes in the cell sets, in bytes: some millions of cells.
CHANGE_BYTES = 64 << 20
#: A request that R did not take is offered again after this long, in seconds.
TRY_AGAIN_S = 0.2
#: While R is loading, the client is told this often, in seconds.
TELL_LOADING_S = 10.0

T = TypeVar("T")


class Work:
    """Finds or makes results. Safe to be used by several threads, a request each."""

    def __init__(
        self,
        settings: Settings,
        *,
        results: Store,
        r: RService,
        source: ExperimentSource,
        editor: CellSetEditor,
        model: LanguageModel | None,
        announcements: Announcements,
    ) -> None:
        self._settings, self._results, self._r = settings, results, r
        self._source, self._editor, self._model = source, editor, model
        self._announcements = announcements
        #: What the store was last in the way with, for whoever looks at the worker; empty when all is well.
        self.trouble = ""

    def make(self, held: Held, request: WorkRequest, body: TaskBody) -> Outcome:
        """Compute the result in R, and put it into the store or make the changes that it stands for."""
        started = time.monotonic()
        experiment = request.experiment_id
        self._announcements.heartbeat(experiment, "STARTED_TASK", request.task)
        insists = request.request_props.cache_uniqueness_key is not None
        self._patiently(lambda: self.fetch_dataset(experiment, at_once=insists), held, request)
        context = self._context(held, request)
        with tracing.subsegment("prepare"):
            payload = self._patiently(lambda: body.r_request(context), held, request)
        if body.cacheable:
            text, size = self._store_result(held, request, body, payload)
        else:
            answer = self._computed(held, request, body, payload, _read_whole)
            self._change_cell_sets(held, request, body.changes(answer, context))
            text, size = None, len(answer)
        log.info("%s done: %d bytes in %.3f s", request.task, size, time.monotonic() - started)
        return Outcome(cacheable=body.cacheable, signed_url=self.address(request.signed_url, request.etag), inline=text)

    def _context(self, held: Held, request: WorkRequest) -> Context:
        def tell(message: str, step: int, total: int) -> None:
            self._announcements.progress(request.experiment_id, Progress(message, step, total))

        return Context(
            request=request,
            cell_sets=cache(self._source.cell_sets),
            folder=self._settings.data / (self._settings.experiment_id or ""),
            model=AskedModel(self._model, held, request) if self._model else None,
            progress=tell,
            result=partial(stored_answer, self._results),
        )

    def _store_result(
        self, held: Held, request: WorkRequest, body: TaskBody, payload: Mapping[str, Any]
    ) -> tuple[str | None, int]:
        """Put the result into the store; its text for an event, if it is small, and its size."""
        with self._computed(held, request, body, payload, partial(self._taken_in, request)) as result:
            self._announcements.heartbeat(request.experiment_id, "UPLOADING_DATA", request.task)
            with tracing.subsegment("upload"):
                self._upload(held, request, result)
            result.file.seek(0)
            return inline(result.file, result.size, result.content_encoding), result.size

    def _taken_in(self, request: WorkRequest, answer: Answer) -> Result:
        self._announcements.heartbeat(request.experiment_id, "COMPRESSING_DATA", request.task)
        return take_in(
            answer.blocks,
            content_type=answer.content_type,
            encoding=self._settings.compression,
            scratch=self._settings.scratch,
        )

    def _change_cell_sets(self, held: Held, request: WorkRequest, changes: Sequence[Change]) -> None:
        """Change the cell sets before anybody is told, again and again while that is not possible and the caller
        waits. A worker that dies on the way leaves changes that the next one makes again, to the same end."""
        self._announcements.heartbeat(request.experiment_id, "UPLOADING_DATA", request.task)
        for change in changes:

            def make(change: Change = change) -> None:
                held.check()
                self._editor.make(
                    change,
                    experiment=request.experiment_id,
                    authorization=request.authorization or request.auth_jwt,
                    seconds=_seconds_left(request),
                )

            try:
                with tracing.subsegment("change"):
                    self._patiently(make, held, request)
            except CellSetsUnavailable as error:
                raise CellSetsNotChanged(reason=error.facts["reason"]) from error
            except StoreUnavailable as error:
                raise CellSetsNotChanged(reason=str(error).rstrip(".")) from error

    def fetch_dataset(self, experiment: str, *, at_once: bool) -> None:
        """See that the dataset here is the one at its origin."""
        tell = partial(self._announcements.heartbeat, experiment, "DOWNLOAD_EXPERIMENT")
        self._source.refresh(at_once=at_once, tell=tell)

    def _computed(
        self, held: Held, request: WorkRequest, body: TaskBody, payload: Mapping[str, Any], take: Callable[[Answer], T]
    ) -> T:
        """The answer of R as it is taken from it, waiting for R as long as the caller waits for us."""
        if held.earlier_request_id:
            self._r.kill(held.earlier_request_id)  # a worker that died may have left it running
        while True:
            held.check()
            try:
                with tracing.subsegment("R"), held.when_interrupted(lambda: self._r.kill(held.request_id)):
                    seconds = _seconds_left(request)
                    with self._r.run(body.route, payload, request_id=held.request_id, seconds=seconds) as answer:
                        return take(answer)
            except RServiceUnavailable as error:
                log.info("%s", error)
            except TaskKilled as stopped:
                held.check()
                # We did not ask for it. A later delivery did, which has the message now, whatever the queue says.
                raise LeaseLost(message_id=held.lease.message_id) from stopped
            except TandemError:
                held.check()  # the reason of an interruption says more than R's answer to it
                raise
            held.interrupted.wait(TRY_AGAIN_S)
            self._wait_for_r(held, request)

    def _wait_for_r(self, held: Held, request: WorkRequest) -> None:
        """Wait until R holds the dataset as it is now; the lease is kept, and the client told."""
        told_at = -TELL_LOADING_S

        def check() -> None:
            held.check()
            _seconds_left(request)

        def tell(state: str) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= TELL_LOADING_S:
                told_at = time.monotonic()
                log.info("waiting for R, which is %s", state)
                self._announcements.heartbeat(request.experiment_id, "LOAD_TO_MEMORY")

        check()
        self._r.wait_until_ready(check=check, tell=tell)

    def _upload(self, held: Held, request: WorkRequest, result: Result) -> None:
        """Put the result where clients look for it. The computed bytes wait for a store that is away."""
        tags = {"experimentId": request.experiment_id, "requestType": request.task}

        def put() -> None:
            held.check()
            result.file.seek(0)
            self._results.put(
                request.etag,
                result.file,
                content_type=result.content_type,
                content_encoding=result.content_encoding,
                tags=tags,
            )

        try:
            self._patiently(put, held, request)
        except StoreUnavailable as error:
            # A store that cannot tell even this leaves it to the next delivery to find out.
            if self._results.head(request.etag) is None:
                raise ResultNotStored(reason=str(error).rstrip(".")) from error

    def find(self, held: Held, request: WorkRequest, body: TaskBody) -> Outcome | None:
        """The answer that is in the store already, if there is one."""
        if not body.cacheable:
            return None

        def look() -> Outcome | None:
            held.check_ours()
            return self.in_store(request.etag, self.address(request.signed_url, request.etag))

        return self._patiently(look, held, request)

    def in_store(self, etag: str, signed_url: str) -> Outcome | None:
        results = self._results
        known = results.head(etag)
        if known is None:
            return None
        text = None
        if fits_event(known.size, known.content_encoding):
            with results.get(etag) as file:
                text = inline(file, known.size, known.content_encoding)
        return Outcome(cacheable=True, signed_url=signed_url, inline=text)

    def _patiently(self, act: Callable[[], T], held: Held, request: WorkRequest) -> T:
        """Do something with the store or the cell sets, again and again while they are away and the caller waits."""
        tries = 0
        while True:
            try:
                result = act()
            except (StoreUnavailable, CellSetsUnavailable) as error:
                tries += 1
                self.trouble = str(error)
                pause = pause_s(tries)
                if request.seconds_left() <= pause:
                    raise
                log.warning("%s Trying again in %.1f s.", error, pause)
                held.interrupted.wait(pause)
                held.check()
            else:
                self.trouble = ""
                return result

    def address(self, signed_url: str | None, etag: str) -> str:
        """Where the caller finds the result: as the message says, or as the store says."""
        if signed_url is not None or not etag:
            return signed_url or ""
        return self._results.url(etag)


def _seconds_left(request: WorkRequest) -> float:
    """How long the work may take; DeadlineExceeded when that is over."""
    seconds = request.seconds_left()
    if seconds <= 0:
        raise DeadlineExceeded
    return seconds


def _read_whole(answer: Answer) -> bytes:
    """The answer itself; only those that say what changes are read so, and they are small."""
    whole = bytearray()
    for block in answer.blocks:
        whole += block
        if len(whole) > CHANGE_BYTES:
            raise CellSetsNotChanged(reason=f"the result is larger than {CHANGE_BYTES >> 20} MB")
    return bytes(whole)
