"""The language model as the worker asks it: again while it is away, and never past an interruption or the deadline."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from tandem.errors import DeadlineExceeded, ModelFailed, ModelUnavailable
from tandem.models.base import LanguageModel, Turn
from tandem.queues.leases import Held
from tandem.tasks.request import WorkRequest
from tandem.worker.bridge import LONGEST_S
from tandem.worker.pauses import pause_s

log = logging.getLogger(__name__)

#: A question that meets no answer is put this often.
TRIES = 4


class AskedModel:
    """A language model, asked on behalf of one request in our hands."""

    def __init__(self, model: LanguageModel, held: Held, request: WorkRequest) -> None:
        self.name = model.name
        self._model, self._held, self._request = model, held, request

    def answer(self, instructions: str, turns: Sequence[Turn]) -> str:
        """What the model says. Raises the reason of an interruption, whatever the model does meanwhile."""
        tries = 0
        while True:
            try:
                return self._answer_in_time(instructions, turns)
            except ModelUnavailable as error:
                tries += 1
                pause = pause_s(tries)
                if tries == TRIES or self._request.seconds_left() <= pause:
                    raise ModelFailed(model=self.name, reason=error.facts["reason"]) from error
                log.warning("%s Trying again in %.1f s.", error, pause)
                self._held.interrupted.wait(pause)

    def _answer_in_time(self, instructions: str, turns: Sequence[Turn]) -> str:
        """The model is asked in a thread of its own, whose answer is not waited for when there is no use in it."""
        self._held.check()
        answer: Future[str] = Future()
        over = threading.Event()

        def ask() -> None:
            try:
                answer.set_result(self._model.answer(instructions, turns))
            except BaseException as error:  # raised again where it is waited for
                answer.set_exception(error)
            over.set()

        with self._held.when_interrupted(over.set):
            threading.Thread(target=ask, name="model", daemon=True).start()
            in_time = over.wait(min(LONGEST_S, self._request.seconds_left()))
        self._held.check()
        if not in_time:
            raise DeadlineExceeded
        return answer.result()
