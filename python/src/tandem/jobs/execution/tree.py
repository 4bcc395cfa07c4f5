"""All processes of one run, however far they have run away from it."""

import os
import signal
import time
from contextlib import suppress

from tandem.jobs.execution.cgroup import Cgroup
from tandem.jobs.execution.processes import Process, descendants, lately, look_at, look_at_all

#: The variable by which a process is known as one of a run.
MARK = "TANDEM_JOB_ID"
#: Seconds that the end of all processes may take, and between looks whether it has come.
END_S, LOOK_S = 1.0, 0.005


class Tree:
    """Finds them by the surest way there is: their control group; else the line of parents, which no process can leave
    where it has a process namespace; else also their session, their user and the mark in their environment."""

    def __init__(self, root: int, job_id: str, group: Cgroup | None, is_walled: bool, guest: int | None) -> None:
        self.root, self._group, self._is_walled, self._guest = root, group, is_walled, guest
        self._mark = f"{MARK}={job_id}".encode()

    def members(self) -> list[Process]:
        """Those there were a moment ago."""
        if self._group:
            found = [look_at(pid) for pid in self._group.processes()]
            return [process for process in found if process and not process.is_dead]
        return self._related(lately())

    def ask(self) -> None:
        """Ask all of them to end."""
        members = self.members() if self._group else self._strays() if not self._is_walled else self._related_now()
        for process in members:
            # The launcher of a walled run would take all the others with it before they could tidy up.
            if not (self._is_walled and process.pid == self.root):
                _send(process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End all of them; when this returns, none runs any more."""
        if self._group:
            self._group.kill()
            return
        if self._is_walled and ((root := look_at(self.root)) is None or root.is_dead):
            return  # the launcher ends when nothing is left inside
        deadline = time.monotonic() + END_S
        while time.monotonic() < deadline:
            left = self._related_now() if self._is_walled else self._strays()
            if not left:
                return
            # The first process inside takes all the others with it, and the launcher waits for it.
            inside = [process for process in left if process.parent == self.root] if self._is_walled else left
            for process in inside or left:
                _send(process.pid, signal.SIGKILL)
            time.sleep(LOOK_S)
        _send(self.root, signal.SIGKILL)

    def _related(self, processes: dict[int, Process]) -> list[Process]:
        root = processes.get(self.root)
        near = {process.pid: process for process in descendants(self.root, processes)}
        if root is not None:
            near[self.root] = root
        if not self._is_walled:
            near |= {pid: process for pid, process in processes.items() if process.session == self.root}
        return [process for process in near.values() if not process.is_dead]

    def _related_now(self) -> list[Process]:
        return self._related(look_at_all())

    def _strays(self) -> list[Process]:
        """All that are related, or have the run's user or its mark."""
        processes = look_at_all()
        found = {process.pid: process for process in self._related(processes)}
        for pid, process in processes.items():
            if pid not in found and not process.is_dead and self._is_ours(pid):
                found[pid] = process
        return list(found.values())

    def _is_ours(self, pid: int) -> bool:
        try:
            if self._guest is not None:
                return os.stat(f"/proc/{pid}").st_uid == self._guest
            with open(f"/proc/{pid}/environ", "rb") as file:
                return self._mark in file.read().split(b"\0")
        except OSError:
            return False


def _send(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, sign)
