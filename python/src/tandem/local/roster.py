"""The programs of a running platform: some come and some go, without the others noticing."""

import time
from collections.abc import Collection
from contextlib import suppress
from xmlrpc.client import Fault

from tandem.local.supervision import Control

#: Seconds between two looks at programs that are stopping.
LOOK_S = 0.05


def settle(supervisor: Control, *, within_s: float, restart: bool) -> None:
    """Let supervisor run what its configuration says: end what is not in it any more, start what is new in it, and
    maybe start again what is to be run otherwise."""
    added, changed, removed = supervisor.reload()
    if restart:
        added, removed = [*changed, *added], [*changed, *removed]
    end(supervisor, removed, deadline=time.monotonic() + within_s)
    for name in removed:
        with suppress(Fault):  # it has not ended yet, and goes with the next change
            supervisor.remove(name)
    for name in added:
        supervisor.add(name)


def revive(supervisor: Control, names: Collection[str]) -> None:
    """Start those again that were given up or stopped."""
    for process in supervisor.processes():
        if process.name in names and process.at_rest:
            supervisor.start(process.name)


def end(supervisor: Control, names: Collection[str], *, deadline: float) -> None:
    """Stop programs: those who take work first, then those who do it."""
    takers = [name for name in names if name.startswith("worker-") or name in ("gateway", "runner")]
    for group in (takers, [name for name in names if name not in takers]):
        for name in group:
            supervisor.stop(name)
        while any(process.name in group and not process.ended for process in supervisor.processes()):
            if time.monotonic() > deadline:
                break
            time.sleep(LOOK_S)
