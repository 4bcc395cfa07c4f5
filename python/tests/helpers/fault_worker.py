"""The worker, with tasks that go wrong on purpose, and a place where it may be told to die or break (DIE_AT)."""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from tandem import aws
from tandem.queues.sqlite import SqliteQueue
from tandem.tasks.analyses.annotation import CASSIAAnnotate
from tandem.tasks.analyses.clusters import ClusterCells, GetExpressionCellSets
from tandem.tasks.body import Context, TaskBody
from tandem.tasks.catalogue import CATALOGUE
from tandem.tasks.layouts import stored_layout
from tandem.worker import __main__ as worker
from tandem.worker import bridge, work
from tandem.worker.announcements import Announcements
from tandem.worker.work import Work


class Sleep(TaskBody, route="sleep"):
    """Takes its time."""

    seconds: float


class Crash(TaskBody, route="crash"):
    """Ends its R process by a signal."""

    signal: int = signal.SIGSEGV


class Fail(TaskBody, route="fail"):
    """Stops with an R error."""

    message: str


class Flood(TaskBody, route="flood"):
    """Answers with many megabytes."""

    megabytes: int
    type: str = "application/json"


class Export(TaskBody, route="export"):
    """Answers with a compressed table, some time after it was written."""

    rows: int
    seconds: float = 0


class Allocate(TaskBody, route="allocate"):
    """Asks R for memory."""

    megabytes: float


class Wait(TaskBody, route="wait"):
    """Takes as long as a file is not there."""

    path: str


class Numbers(TaskBody, route="numbers"):
    """Answers with numbers that are given as words, each so often."""

    words: list[str]
    times: int = 1


class Effect(TaskBody, route="sleep", cacheable=False):
    """Has no result to keep."""

    seconds: float


class CountPoints(TaskBody, route="count-points"):
    """Takes up a layout that was computed before."""

    etag: str

    def r_request(self, context: Context) -> dict[str, Any]:
        return {"embedding": stored_layout(context, self.etag)}


def said(answer: object, seconds: float) -> dict[str, Any]:
    """What makes R give this answer."""
    return {"text": json.dumps(answer), "seconds": seconds}


def a_set(key: str, cells: list[int]) -> dict[str, Any]:
    return {"key": key, "name": key, "rootNode": False, "type": "cellSets", "color": "#77aadd", "cellIds": cells}


class SaidClusters(ClusterCells, route="say", cacheable=False):
    """Clusters without a computation."""

    seconds: float = 0

    def r_request(self, _: Context) -> dict[str, Any]:
        children = [a_set("leiden-0", [0, 1, 2]), a_set("leiden-1", [7])]
        clusters = {"key": "louvain", "name": "leiden clusters", "rootNode": True, "type": "cellSets"}
        return said({"cluster": [], "cell_ids": [], "class": clusters | {"children": children}}, self.seconds)


class SaidSet(GetExpressionCellSets, route="say", cacheable=False):
    """A set without a computation."""

    genes_config: list[Any] = []

    def r_request(self, context: Context) -> dict[str, Any]:
        return said(a_set(super().r_request(context)["key"], [5]), 0)


class SaidMarkers(CASSIAAnnotate, route="say", cacheable=False):
    """An annotation of markers without a computation."""

    def r_request(self, context: Context) -> dict[str, Any]:
        clusters = super().r_request(context)["cellSets"]["children"]
        return said({"clusters": [{"key": child["key"], "genes": ["CD3E"]} for child in clusters]}, 0)


class SaidNonsense(ClusterCells, route="say", cacheable=False):
    """Something that is no cell sets."""

    answer: Any = None

    def r_request(self, _: Context) -> dict[str, Any]:
        return said(self.answer, 0)


SAID = (SaidClusters, SaidSet, SaidMarkers, SaidNonsense)

for body in (CountPoints, Sleep, Crash, Fail, Flood, Export, Allocate, Wait, Numbers, Effect, *SAID):
    CATALOGUE[body.__name__] = body


def die(*_: Any, **__: Any) -> None:
    """As the kernel would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


def break_down(*_: Any, **__: Any) -> None:
    """What nobody thought of."""
    raise RuntimeError("out of the blue")


def after(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step, and then death."""

    def fatal(*args: Any, **kwargs: Any) -> Any:
        step(*args, **kwargs)
        die()

    return fatal


def set_clock_by(path: Path) -> None:
    """Let the wall clock be wrong by as many seconds as the file says, from the moment that it does."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            wrong_s = float(path.read_text()) if path.exists() else 0.0
            return datetime.now(tz) + timedelta(seconds=wrong_s)

    for module in list(sys.modules.values()):
        if module.__name__.startswith("tandem.") and getattr(module, "datetime", None) is datetime:
            module.datetime = Clock  # type: ignore[attr-defined]


PLACES = {
    "amid the answer": (work, "take_in", lambda _: die),
    "after upload": (Work, "_upload", after),
    "after change": (Work, "_change_cell_sets", after),
    "before announcement": (Announcements, "answer", lambda _: die),
    "after announcement": (Announcements, "answer", after),
    "broken announcement": (Announcements, "answer", lambda _: break_down),
    "before acknowledgement": (SqliteQueue, "acknowledge", lambda _: die),
}

if seconds := os.environ.get("BAD_FILE_S"):
    bridge.BAD_FILE_S = float(seconds)

if seconds := os.environ.get("READ_S"):
    aws.READ_S = float(seconds)

if path := os.environ.get("CLOCK"):
    set_clock_by(Path(path))

if place := os.environ.get("DIE_AT"):
    owner, name, change = PLACES[place]
    setattr(owner, name, change(getattr(owner, name)))

os._exit(worker.main())
