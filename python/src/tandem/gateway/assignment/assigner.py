"""Gives experiments of which something is asked a pod, and follows how all pods stand."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from tandem.cluster import Object
from tandem.cluster.pods import name_of
from tandem.errors import ClusterUnavailable, InvalidRequest
from tandem.gateway.assignment.backlog import Backlog
from tandem.gateway.assignment.choice import in_turn
from tandem.gateway.assignment.pods import fits_label, lives, owner_of
from tandem.gateway.assignment.standing import standing_of
from tandem.gateway.standing import ASLEEP, Standing, Standings

if TYPE_CHECKING:
    from tandem.gateway.assignment.workers import Workers

log = logging.getLogger(__name__)

#: How often the pods are looked at while an experiment opens, and else, in seconds.
LOOK_S, QUIET_LOOK_S = 1.0, 10.0
#: Looking takes at most this part of the time: where there are thousands of pods it is done less often.
SHARE = 0.1
#: While the cluster does not answer, each pause is twice the one before, so often; the longest, in seconds.
MOST_DOUBLINGS, LONGEST_PAUSE_S = 5, 30.0
#: An experiment for which there is no pod for so long is said to have failed; where requests wait, it is tried further.
PATIENCE_S = 60.0
#: So many spare pods are tried in a row that others take first.
MOST_TRIES = 11
NONE_FREE = "It waits for a pod: none is free."


class Assigner:
    """One for a gateway; several gateways get along. Whoever asks is answered at once; the work is done at the next
    look, in a thread."""

    def __init__(
        self,
        workers: "Workers",
        queue_hash: Callable[[str], str],
        backlog: Backlog,
        tell: Callable[[str, Standing], None],
    ) -> None:
        self._workers, self._queue_hash, self._backlog = workers, queue_hash, backlog
        self._standings = Standings(tell)
        #: Since when an experiment is to have a pod that has none, the first first.
        self._wanted: dict[str, float] = {}
        #: Those that had a living pod at the last look.
        self._served: set[str] = set()
        self._looked_back_at = float("-inf")
        self._failures = 0
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Look after the experiments until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            begun = time.monotonic()
            try:
                await asyncio.to_thread(self.look)
            except Exception:
                log.exception("looking after the pods went wrong")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause_s(time.monotonic() - begun))
            self._wake.clear()

    def check(self, experiment: str) -> None:
        """InvalidRequest where no pod can be for an experiment that is called so."""
        if not fits_label(experiment):
            allowed = "63 letters, digits, '.', '_' and '-' at most, a letter or digit first and last"
            raise InvalidRequest(reason=f"pods are labelled with an experiment's id, which may have {allowed}")

    def ask(self, experiment: str) -> None:
        """Something is asked of an experiment: it shall have a pod. From any thread."""
        self._wanted.setdefault(experiment, time.monotonic())
        if experiment in self._served:
            return  # the next look sees whether it still is
        if self.standing(experiment).state in ("asleep", "failed"):
            self._wanted[experiment] = time.monotonic()
            self._standings.note(experiment, Standing("opening"))
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    def standing(self, experiment: str) -> Standing:
        """How an experiment stood at the last look."""
        return self._standings.of(experiment)

    def experiments(self) -> list[str]:
        """Those that have pods, or are to have one."""
        return list(self._standings.known())

    def look(self) -> None:
        """See how all pods stand, and give one to each experiment that is to have one."""
        try:
            pods = {name_of(pod): pod for pod in self._workers.pods()}
        except ClusterUnavailable as error:
            self._is_away(error)
            return
        self._failures = 0
        served = self._served = {owner for pod in pods.values() if (owner := owner_of(pod)) and lives(pod)}
        self._look_back()
        for name in list(self._wanted):
            pod = None if name in served else self._seek(name, pods.values())
            if pod is not None:
                pods[name_of(pod)] = pod
                served.add(name)
            if name in served:
                self._wanted.pop(name, None)
        self._tell_all(pods.values())

    def _look_back(self) -> None:
        """Now and then, see who waits that nobody asks for any more."""
        now = time.monotonic()
        if now - self._looked_back_at >= QUIET_LOOK_S:
            self._looked_back_at = now
            for name in self._backlog.experiments(but=self._served):
                self._wanted.setdefault(name, now)

    def _seek(self, name: str, pods: Iterable[Object]) -> Object | None:
        """A pod for an experiment. Where there is none, say so; in the end, say that it has failed."""
        detail = NONE_FREE
        try:
            spare = in_turn(name, pods)
            if (pod := self._take_one(name, spare)) is not None:
                return pod
            if not spare:
                self._workers.wake()
        except ClusterUnavailable as error:
            detail = str(error)
        if time.monotonic() - self._wanted[name] < PATIENCE_S:
            self._standings.note(name, Standing("opening", detail))
        else:
            self._standings.note(name, Standing("failed", f"No pod came within {PATIENCE_S:.0f} s. {detail}"))
            if not self._backlog.waits(name):
                self._wanted.pop(name, None)
        return None

    def _take_one(self, name: str, spare: list[Object]) -> Object | None:
        """Label one of these pods, unless another gateway has labelled one meanwhile.

        Each looks again after labelling, and whoever sees a second pod then takes its own label back. Of two that
        label different pods, the later one always sees the earlier one's; where both see both, both draw back, and at
        the next look they try the same one."""
        for pod in spare[:MOST_TRIES]:
            mine = self._workers.assign(pod, name, self._queue_hash(name))
            holders = [one for one in self._workers.pods(name) if lives(one)]
            others = [one for one in holders if name_of(one) != name_of(pod)]
            if mine is not None and not others:
                log.info("%s is given the pod %s", name, name_of(pod))
                return mine
            if mine is not None:
                self._workers.take_back(pod, name)
                return None
            if holders:
                return holders[0]
        return None

    def _tell_all(self, pods: Iterable[Object]) -> None:
        owned: dict[str, list[Object]] = {}
        for pod in pods:
            if (owner := owner_of(pod)) is not None:
                owned.setdefault(owner, []).append(pod)
        for name in {*self._standings.known(), *owned} - set(self._wanted):
            if name in owned:
                self._standings.note(name, standing_of(owned[name]))
            elif self.standing(name).state != "failed":
                self._standings.note(name, ASLEEP)

    def _is_away(self, error: ClusterUnavailable) -> None:
        self._failures += 1
        if self._failures == 1:
            log.warning("%s It is asked again.", error)
        for name in set(self._wanted) - self._served:
            self._standings.note(name, Standing("opening", f"{error} It is asked again."))

    def _pause_s(self, took_s: float) -> float:
        """Seconds until the next look, after one that took so long."""
        now = time.monotonic()
        is_opening = any(now - since < PATIENCE_S for since in list(self._wanted.values()))
        is_opening = is_opening or any(standing.state == "opening" for standing in self._standings.known().values())
        pause = LOOK_S if is_opening or self._failures else QUIET_LOOK_S
        pause *= 2.0 ** min(self._failures, MOST_DOUBLINGS)
        # Gateways that began together do not go on in step.
        return min(max(pause, took_s / SHARE), LONGEST_PAUSE_S) * random.uniform(0.8, 1.0)  # noqa: S311  # no secret
