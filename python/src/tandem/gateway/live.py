"""What happens, as it happens: tasks and jobs that change and changed cell sets, to whoever listens."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tandem.errors import RunUnknown, TandemError
from tandem.gateway.api.job_models import JobTold
from tandem.gateway.job_news import JobNews
from tandem.records.base import Progress, Record, Run, Wanted
from tandem.records.jobs import Job
from tandem.states import State
from tandem.tasks.catalogue import changes_cell_sets

log = logging.getLogger(__name__)

#: How often the record is looked at while somebody listens, in seconds.
LOOK_S = 0.25
#: Looking takes at most this part of the time: with thousands of runs under way it is done less often.
SHARE = 0.03
#: However long a look takes, the next one comes after so many seconds.
LONGEST_PAUSE_S = 2.0
#: Runs queued so shortly before the last look are looked for again: clocks of processes differ. In seconds.
OVERLAP_S = 2.0
#: How many events a slow listener may be behind before the oldest are dropped.
BACKLOG = 1000


@dataclass(frozen=True)
class Event:
    """Something that happened: its kind, and what is told of it."""

    kind: str
    experiment: str
    told: Any
    #: Whose job it is about.
    owner: str | None = None


def cell_sets_changed(experiment: str) -> Event:
    """An experiment's cell sets are other ones now."""
    return Event("cellSets", experiment, {"experiment": experiment})


#: Where what happens waits for one who listens.
Listener = asyncio.Queue[Event | None]
#: What a look has found: what is new and, where that is wanted, what is under way and stands as before.
News = tuple[list[Event], list[Event]]
#: How a run is told, with its progress.
Told = Callable[[Run, Progress | None], Any]


def pause_after(took_s: float) -> float:
    """Seconds until the next look, after one that took so long."""
    return min(max(LOOK_S, took_s / SHARE), LONGEST_PAUSE_S)


class Live:
    """Watches the record while anybody listens, and hands on what others tell."""

    def __init__(self, record: Record, told: Told, jobs: JobNews) -> None:
        self._record, self._told, self._jobs = record, told, jobs
        self._listeners: set[Listener] = set()
        #: Those that were told nothing yet.
        self._newcomers: set[Listener] = set()
        self._wake = asyncio.Event()
        self._beginning = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        #: What was told last of each run that may change; None of those that nobody was told of.
        self._seen: Mapping[str, tuple[Run, Progress | None] | None] = {}
        self._looked_at = datetime.now(UTC)
        #: Whether the gateway ends, and with it all that goes on for ever.
        self.over = False

    async def run(self) -> None:
        """Watch until cancelled."""
        self._loop = asyncio.get_running_loop()
        took_s = 0.0
        while True:
            await self._pause(pause_after(took_s))
            if not self._listeners:
                self._looked_at = datetime.now(UTC)
                self._seen = {}
                self._jobs.forget()
                took_s = 0.0
                continue
            begun = time.monotonic()
            try:
                await self._tell_news(set(self._newcomers))
            except Exception:
                log.exception("looking for what has changed went wrong")
            took_s = time.monotonic() - begun

    def look(self) -> None:
        """Look at once; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    def tell(self, event: Event) -> None:
        """Hand something on; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._hand_on, event)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Listener]:
        """What is under way, then what happens from now on, until None, which is the end."""
        queue: Listener = asyncio.Queue(BACKLOG)
        async with self._beginning:
            if not self._listeners:
                self._seen = await asyncio.to_thread(self._begin)
            self._listeners.add(queue)
            self._newcomers.add(queue)
        if self.over:
            queue.put_nowait(None)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)
            self._newcomers.discard(queue)

    def end(self) -> None:
        """Nothing more will be told: let everybody go who listens, and who comes yet."""
        self.over = True
        self._hand_on(None)

    async def _tell_news(self, newcomers: set[Listener]) -> None:
        # What one look has found is handed on even if the next one goes wrong: nobody finds it again.
        for look in (self._task_news, self._job_news):
            news, unchanged = await asyncio.to_thread(look, bool(newcomers))
            for event in unchanged:
                self._hand_on(event, newcomers)
            for event in news:
                self._hand_on(event)
        self._newcomers -= newcomers

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    def _begin(self) -> dict[str, None]:
        """What is open now, so that its end is told even if it comes before the first look."""
        self._jobs.begin()
        with suppress(TandemError):  # the first look begins then
            return dict.fromkeys(run.run_id for run in self._open_runs())
        return {}

    def _open_runs(self) -> list[Run]:
        """The youngest that wait, and all that run: those may be older than very many that wait."""
        waiting = self._record.find(Wanted(states=(State.QUEUED,)), limit=BACKLOG)
        return [*waiting, *self._record.find(Wanted(states=(State.RUNNING,)), limit=BACKLOG)]

    def _job_news(self, whole: bool) -> News:
        changed = self._jobs.changes()
        return [_of_job(*one) for one in changed], [_of_job(*one) for one in self._jobs.unchanged if whole]

    def _of_task(self, run: Run, progress: Progress | None) -> Event:
        return Event("task", run.experiment, self._told(run, progress))

    def _task_news(self, whole: bool) -> News:
        since, looked_at = self._looked_at - timedelta(seconds=OVERLAP_S), datetime.now(UTC)
        open_runs = self._open_runs()
        recent = self._record.find(Wanted(queued_since=since), limit=BACKLOG)
        known = {run.run_id: run for run in (*recent, *open_runs)}
        for run_id in [run_id for run_id in self._seen if run_id not in known]:
            with suppress(RunUnknown):  # it was deleted
                known[run_id] = self._record.get(run_id)
        progress = self._record.progress([run.run_id for run in known.values() if run.state is State.RUNNING])
        now = {run_id: (run, progress.get(run_id)) for run_id, run in known.items()}
        changed = [state for run_id, state in now.items() if self._seen.get(run_id) != state]
        same = [state for run_id, state in now.items() if self._seen.get(run_id) == state]
        unchanged = [self._of_task(run, told) for run, told in same if whole and not run.state.terminal]
        tasks = [self._of_task(run, told) for run, told in changed]
        done = [run for run, _ in changed if run.state is State.COMPLETE]
        edited = dict.fromkeys(run.experiment for run in done if changes_cell_sets(run.task))
        kept = {run.run_id for run in (*recent, *open_runs)}
        self._seen = {run_id: state for run_id, state in now.items() if run_id in kept}
        self._looked_at = looked_at
        return [*tasks, *map(cell_sets_changed, edited)], unchanged

    def _hand_on(self, event: Event | None, listeners: Iterable[Listener] | None = None) -> None:
        for queue in self._listeners if listeners is None else listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)


def _of_job(job: Job, told: JobTold) -> Event:
    return Event("job", job.spec["experiment"] or "", told.model_dump(mode="json", by_alias=True), job.owner)
