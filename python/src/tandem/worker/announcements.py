"""What clients are told: heartbeats on the way, and the answer at the end."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tandem.errors import EventsUnavailable
from tandem.events.base import Events, Payload
from tandem.records.base import Progress
from tandem.tasks.request import echo

log = logging.getLogger(__name__)

TYPE = "WorkResponse"

_HEARTBEATS = {
    "LOAD_TO_MEMORY": "Accessing the Seurat object for your analysis",
    "DOWNLOAD_EXPERIMENT": "Getting your dataset ready for analysis",
    "STARTED_TASK": "Working on the requested task {task}",
    "COMPRESSING_DATA": "Compressing the results for the requested task {task}",
    "UPLOADING_DATA": "Finalizing results for {task}",
    "FINISHED_TASK": "Displaying results for {task}",
}


@dataclass(frozen=True)
class Outcome:
    """How a request ended, as its clients are told."""

    cacheable: bool
    signed_url: str
    #: The compressed result as text, where it is small enough to travel in the event.
    inline: str | None = None
    error_code: str | None = None
    user_message: str | None = None

    @property
    def failed(self) -> bool:
        """Whether there is an error to tell."""
        return self.error_code is not None


class Announcements:
    """Speaks to the clients of the experiment's requests."""

    def __init__(self, events: Events) -> None:
        self._events = events
        #: Whether nobody can be told anything now; heartbeats are left out then, answers are always tried.
        self.degraded = False

    def look(self) -> None:
        """See whether announcements get through now."""
        self.degraded = not self._events.ping()

    def heartbeat(self, experiment: str, status: str, task: str = "") -> None:
        """Tell how far a request is. Nobody's work depends on it, so a failure is only logged."""
        payload = {"type": TYPE, "status_code": status, "user_message": _HEARTBEATS[status].format(task=spaced(task))}
        self._tell_if_possible(f"Heartbeat-{experiment}", payload)

    def progress(self, experiment: str, progress: Progress) -> None:
        """Tell how far the work inside a task is."""
        percent = None
        text = progress.message
        if progress.step is not None and progress.total:
            percent = round(100 * progress.step / progress.total)
            text = f"{text} ({progress.step}/{progress.total})"
        payload = {"type": TYPE, "status_code": "STARTED_TASK", "user_message": text, "progress_percent": percent}
        self._tell_if_possible(f"Heartbeat-{experiment}", payload)

    def answer(self, message: Mapping[str, Any], outcome: Outcome) -> None:
        """Tell everybody who should know how a request ended. EventsUnavailable if that was not possible."""
        experiment, task = str(message.get("experimentId", "")), str(_part(message, "body").get("name", ""))
        if experiment and _part(message, "requestProps").get("broadcast") is True:
            self._emit(f"ExperimentUpdates-{experiment}", _update(message, outcome))
        if experiment and not outcome.failed:
            self.heartbeat(experiment, "FINISHED_TASK", task)
        answer: Payload = _response(message, outcome) if outcome.inline is None else outcome.inline
        self._emit(f"WorkResponse-{message['ETag']}", answer)

    def _tell_if_possible(self, event: str, payload: Payload) -> None:
        if self.degraded:
            return
        try:
            self._emit(event, payload)
        except EventsUnavailable as error:
            log.warning("heartbeats are left out: %s", error)

    def _emit(self, event: str, payload: Payload) -> None:
        try:
            self._events.emit(event, payload)
        except EventsUnavailable:
            self.degraded = True
            raise
        self.degraded = False


def spaced(task: str) -> str:
    """A task's name as people read it: GetNUmis is N Umis, CASSIAAnnotate is CASSIA Annotate."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", task.removeprefix("Get"))


def _part(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = message.get(name)
    return part if isinstance(part, dict) else {}


def _response(message: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    response: dict[str, Any] = {
        "cacheable": outcome.cacheable and not outcome.failed,
        "error": outcome.failed,
        "signedUrl": outcome.signed_url,
    }
    if outcome.failed:
        response |= {"errorCode": outcome.error_code, "userMessage": outcome.user_message}
    return {"request": echo(dict(message)), "response": response, "type": TYPE}


def _update(message: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    """The broadcast form: everybody hears it, so the signed address stays out."""
    update = _response(message, outcome)
    update["request"].pop("signedUrl", None)
    update["response"].pop("signedUrl")
    return update
