"""Opens experiments when something is asked of them, and puts the least used to rest where memory is short."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

from tandem.errors import PlatformBusy, PlatformDown, TandemError
from tandem.experiments.folder import fault_in_name, missing_from
from tandem.gateway.budget import Occupant, choose
from tandem.gateway.standing import ASLEEP, Standing, Standings, standing_of
from tandem.local import memory
from tandem.local.platform import Part, Platform
from tandem.queues.base import Depth
from tandem.queues.sqlite import SqliteQueue

log = logging.getLogger(__name__)

#: How often the experiments are looked at, and how often while one opens, in seconds.
LOOK_S, OPENING_LOOK_S = 1.0, 0.25
#: An experiment that failed is opened again for a new request, but not sooner than this after the last time while
#: requests still wait for it to fail them; in seconds.
TRY_AGAIN_S = 30.0
#: R that was started so often without ever being ready is started no more.
MOST_STARTS = 3
#: How a size is told to people.
GB = 1e9

NOTHING = Depth(0, 0, 0)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass
class Opened:
    """What is remembered of an experiment while it is open."""

    at: float = field(default_factory=time.monotonic)
    #: The processes of R until it was ready.
    starts: set[int] = field(default_factory=set)
    #: Why R is started no more.
    given_up: str = ""
    #: What a person should know of it even when it is well.
    warning: str = ""


class Caretaker:
    """One for a platform. Whoever asks is answered at once; the work is done at the next look."""

    def __init__(
        self,
        platform: Platform,
        last_used: Callable[[], Mapping[str, datetime]],
        tell: Callable[[str, Standing], None],
    ) -> None:
        self._platform, self._last_used = platform, last_used
        self._data = platform.layout.data
        self._budget = platform.settings.memory_budget_bytes or memory.default_budget()
        self._queue = SqliteQueue(platform.layout.queue, "", platform.settings.visibility_s)
        self._opened: dict[str, Opened] = {}
        self._standings = Standings(tell)
        self._used: dict[str, datetime] = {}
        #: What was asked for and is not open yet, the first first.
        self._asked: dict[str, None] = {}
        self._closed: set[str] = set()
        self._sizes: Mapping[str, tuple[int | None, int | None]] = {}
        self._depths: Mapping[str, Depth] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Look after the experiments until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                while await asyncio.to_thread(self.look):
                    pass  # what else is asked for is opened by another look at what there is then
            except (PlatformBusy, PlatformDown) as error:
                log.debug("the next look will do it: %s", error)
            except Exception:
                log.exception("looking after the experiments went wrong")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause_s())
            self._wake.clear()

    def ask(self, experiment: str) -> None:
        """Something is asked of an experiment: it shall be open. From any thread."""
        self._used[experiment] = datetime.now(UTC)
        standing = self.standing(experiment)
        if standing.state in ("asleep", "failed"):
            self._asked.setdefault(experiment)
            if standing.state == "asleep":
                self._standings.note(experiment, Standing("opening"))
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake.set)

    def standing(self, experiment: str) -> Standing:
        """How an experiment stood at the last look."""
        return self._standings.of(experiment)

    def last_used(self) -> Mapping[str, datetime]:
        """When each experiment was last asked for."""
        known = dict(self._last_used())
        for experiment, used in list(self._used.items()):
            known[experiment] = max(used, known.get(experiment, used))
        return known

    def size(self, experiment: str) -> tuple[int | None, int | None]:
        """The cells and genes that R holds of an open experiment."""
        return self._sizes.get(experiment, (None, None))

    @contextmanager
    def kept_closed(self, experiment: str) -> Iterator[None]:
        """Put an experiment to rest, and do not open it for a while."""
        self._closed.add(experiment)
        try:
            if experiment in self._platform.plan().experiments:
                self._platform.rest(experiment)
            yield
        finally:
            self._closed.discard(experiment)

    def _pause_s(self) -> float:
        opening = any(standing.state == "opening" for standing in self._standings.known().values())
        return OPENING_LOOK_S if opening else LOOK_S

    def look(self) -> bool:
        """See how all experiments stand, and open one that is asked for; whether there was one."""
        parts = sorted(self._platform.parts(("r", "worker")), key=lambda part: part.program.experiment or "")
        found = {name: list(group) for name, group in groupby(parts, lambda part: part.program.experiment or "")}
        self._depths = self._queue.depths()
        self._sizes = {name: (group[0].readiness.cells, group[0].readiness.genes) for name, group in found.items()}
        for name, group in found.items():
            self._watch(name, group)
        self._forget(found)
        waiting = [name for name, depth in self._depths.items() if depth.waiting or depth.leased]
        wanted = [*self._asked, *(name for name in waiting if name not in found)]
        return any(self._attend(name, found) for name in wanted)

    def _forget(self, found: Mapping[str, list[Part]]) -> None:
        """What others have put to rest is asleep, and what others have removed is put to rest."""
        for name in {*self._standings.known(), *self._opened} - set(found) - set(self._asked):
            if self.standing(name).state != "failed" or self._age_s(name) > TRY_AGAIN_S:
                self._opened.pop(name, None)
                self._standings.note(name, ASLEEP)
        for name in found:
            if self._is_idle(name) and not (self._data / name).is_dir():
                self._platform.rest(name, wait_s=0)

    def _watch(self, name: str, parts: list[Part]) -> None:
        """Note how an open experiment stands, and give up an R service that ends again and again."""
        if name not in self._opened:
            self._opened[name] = Opened()
            since = timedelta(seconds=max(part.running_s for part in parts))
            self._used.setdefault(name, datetime.now(UTC) - since)
        opened, standing = self._opened[name], standing_of(parts)
        if opened.given_up:
            standing = Standing("failed", opened.given_up)
        elif standing.state == "opening":
            opened.starts |= {part.pid for part in parts if part.program.kind == "r"} - {0}
            if len(opened.starts) > MOST_STARTS:
                self._platform.give_up(name, wait_s=0)
                opened.given_up = f"R ends again and again; its log is {self._platform.layout.log(f'r-{name}')}"
        else:
            opened.starts.clear()
        if standing.state == "ready":
            standing = Standing("ready", opened.warning)
        if not (name in self._asked and standing.state == "failed"):
            self._standings.note(name, standing)

    def _attend(self, name: str, found: Mapping[str, list[Part]]) -> bool:
        """Open an experiment that is asked for, if it can be; whether it was."""
        if name in self._closed:
            return False
        if fault_in_name(name) or missing_from(self._data / name):
            self._asked.pop(name, None)
            self._standings.note(name, ASLEEP)
            return False
        is_open, failed = name in found, self.standing(name).state == "failed"
        if (is_open and not failed) or (failed and not self._may_try_again(name)):
            self._asked.pop(name, None)
            return False
        try:
            if is_open:
                self._platform.rest(name, wait_s=0)
            return self._open(name, {other: parts for other, parts in found.items() if other != name})
        except (PlatformBusy, PlatformDown):
            raise
        except TandemError as error:
            self._asked.pop(name, None)
            self._opened[name] = Opened()
            self._standings.note(name, Standing("failed", str(error)))
            return False

    def _may_try_again(self, name: str) -> bool:
        return self._is_idle(name) or self._age_s(name) > TRY_AGAIN_S

    def _is_idle(self, name: str) -> bool:
        waits = self._depths.get(name, NOTHING)
        return not waits.waiting and not waits.leased

    def _age_s(self, name: str) -> float:
        """How long ago an experiment was opened, in seconds."""
        opened = self._opened.get(name)
        return time.monotonic() - opened.at if opened else math.inf

    def _open(self, name: str, others: Mapping[str, list[Part]]) -> bool:
        """Open an experiment if there is room, and make room where that is possible."""
        needed = memory.estimate(self._data / name)
        choice = choose(needed, self._budget, self._occupants(others))
        if not choice.room:
            self._asked.setdefault(name)
            detail = f"It waits for memory: {self._sizes_told(needed)}, and others are at work."
            self._standings.note(name, Standing("opening", detail))
            return False
        for resting in choice.rest:
            log.info("%s is put to rest for %s", resting, name)
            self._platform.rest(resting, wait_s=0)
            self._standings.note(resting, ASLEEP)
            self._opened.pop(resting, None)
        log.info("opening %s, for which some %.1f GB are expected", name, needed / GB)
        self._platform.open(name, wait_s=0)
        warning = f"It is larger than it should be: {self._sizes_told(needed)}." if needed > self._budget else ""
        self._opened[name] = Opened(warning=warning)
        self._used[name] = datetime.now(UTC)
        self._asked.pop(name, None)
        self._standings.note(name, Standing("opening", warning))
        return True

    def _sizes_told(self, needed: int) -> str:
        return f"it needs some {needed / GB:.1f} GB, and all together may have {self._budget / GB:.1f} GB"

    def _occupants(self, found: Mapping[str, list[Part]]) -> list[Occupant]:
        used = self.last_used()
        return [self._occupant(name, parts, used.get(name, LONG_AGO)) for name, parts in found.items()]

    def _occupant(self, name: str, parts: list[Part], used: datetime) -> Occupant:
        # One that has just been opened holds less than it soon will.
        held = max(memory.held_by(part.pid for part in parts), memory.estimate(self._data / name))
        return Occupant(name, held, used, idle=self._is_idle(name) and self.standing(name).state != "opening")
