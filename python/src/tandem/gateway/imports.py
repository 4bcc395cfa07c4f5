"""Imports, one at a time: each in a process of its own, which can be cancelled and gives its memory back."""

import asyncio
import fcntl
import json
import logging
import os
import shutil
import signal
import sys
import threading
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tandem.errors import IllegalMove, ImportFailed, RecordUnavailable, RunUnknown, TaskKilled, Unexpected
from tandem.exchange.request import ImportRequest
from tandem.exchange.staging import sweep
from tandem.gateway.removal import sweep_removed
from tandem.local.experiments import exchange_places
from tandem.local.layout import Layout
from tandem.records.base import Progress, Record, Run, Wanted
from tandem.states import OPEN, State

log = logging.getLogger(__name__)

#: What an import is called among the tasks.
IMPORT = "Import"
#: How often it is looked whether an import waits, or the one under way was cancelled, in seconds.
LOOK_S = 0.25
#: How long a cancelled import may take to clean up before it is ended by force, in seconds.
GRACE_S = 1.0
#: Its progress is noted so often at most, in seconds.
TELL_S = 0.5
#: The longest line that an import may say, in bytes.
LINE_BYTES = 1 << 20
LEFT_BEHIND = "The gateway ended while the import was under way. Start it again."


class Imports:
    """The imports of one data folder. Of several gateways one carries them out."""

    def __init__(self, layout: Layout, record: Record, changed: Callable[[str], None]) -> None:
        self.uploads = layout.data / ".uploads"
        #: Those that are on their way to us.
        self.arriving: set[str] = set()
        self._layout, self._record, self._changed = layout, record, changed
        self._one_at_a_time = threading.Lock()
        self._lock = -1

    def accept(self, run_id: str, request: ImportRequest, noted: Mapping[str, Any]) -> Run:
        """Let an import wait for its turn. ImportFailed where one of that id is under way already."""
        with self._one_at_a_time:
            if self._record.find(Wanted(experiment=request.id, task=IMPORT, states=OPEN), limit=1):
                raise ImportFailed(experiment=request.id, reason="another import of that id is under way")
            places = {name: str(path) for name, path in vars(exchange_places(self._layout)).items()}
            job = self.uploads / run_id / "job.json"
            job.parent.mkdir(parents=True, exist_ok=True)
            job.write_text(json.dumps({"request": _as_asked(request), "places": places}))
            run = self._record.queued(
                run_id, experiment=request.id, task=IMPORT, etag="", tags={"name": request.name}, request=noted
            )
        self._changed(request.id)
        return run

    async def run(self) -> None:
        """Carry out what waits, until cancelled."""
        while not self._are_ours():
            await asyncio.sleep(LOOK_S)
        is_tidy = False
        try:
            while True:
                try:
                    if not is_tidy:
                        await asyncio.to_thread(self._tidy)
                        is_tidy = True
                    if (run := await asyncio.to_thread(self._next)) is not None:
                        await self._carry_out(run)
                        continue
                except Exception:
                    log.exception("looking after the imports went wrong")
                await asyncio.sleep(LOOK_S)
        finally:
            os.close(self._lock)

    def _are_ours(self) -> bool:
        """Whether no other gateway carries out the imports of this data folder."""
        with suppress(OSError):  # another one has the lock, or the folder cannot be written
            self.uploads.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.uploads, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                raise
            self._lock = lock
        return self._lock >= 0

    def _tidy(self) -> None:
        """End what an earlier gateway left behind. Another one that ended just now may have left its part to us long
        after we began: what has come to us by then stays."""
        folders, arriving, waiting = list(self.uploads.iterdir()), set(self.arriving), set()
        for run in self._record.find(Wanted(task=IMPORT, states=OPEN), limit=10_000):
            if run.state is State.QUEUED and (self.uploads / run.run_id / "job.json").is_file():
                waiting.add(run.run_id)
            else:
                self._finish(run, State.FAILED, LEFT_BEHIND)
        for folder in folders:
            if folder.name not in waiting | arriving:
                shutil.rmtree(folder, ignore_errors=True)
        sweep(self._layout.data)
        sweep_removed(self._layout.data)

    def _next(self) -> Run | None:
        """The import that waits longest."""
        self._sweep_ended()
        waiting = self._record.find(Wanted(task=IMPORT, states=(State.QUEUED,)), limit=10_000)
        return next((run for run in reversed(waiting) if (self.uploads / run.run_id / "job.json").is_file()), None)

    def _sweep_ended(self) -> None:
        """Remove the uploads of imports that were cancelled while they waited."""
        for job in self.uploads.glob("*/job.json"):
            with suppress(RunUnknown):  # it is being accepted
                run = self._record.get(job.parent.name)
                if run.state.terminal:
                    shutil.rmtree(job.parent, ignore_errors=True)
                    self._changed(run.experiment)

    async def _carry_out(self, run: Run) -> None:
        try:
            await asyncio.to_thread(self._record.started, run.run_id, attempt=1)
        except IllegalMove:
            return  # it was cancelled this very moment
        try:
            state, reason = await self._outcome(run)
        except asyncio.CancelledError:
            self._close(run, State.FAILED, LEFT_BEHIND)
            raise
        except Exception:
            log.exception("the import of %s went wrong", run.experiment)
            state, reason = State.FAILED, str(Unexpected())
        while not await asyncio.to_thread(self._is_closed, run, state, reason):
            await asyncio.sleep(LOOK_S)

    async def _outcome(self, run: Run) -> tuple[State, str | None]:
        """Let a process do the work, and see how it ends."""
        process = await self._start(self.uploads / run.run_id / "job.json")
        listening = asyncio.create_task(self._listen(process, run))
        killed = False
        try:
            while not listening.done():
                await asyncio.wait({listening}, timeout=LOOK_S)
                if not killed and await asyncio.to_thread(self._is_cancelled, run):
                    killed = True
                    await _end(process)
            reason = listening.result()
        except BaseException:
            listening.cancel()
            await _end(process)
            raise
        status = await process.wait()
        if status == 0:
            return State.COMPLETE, None
        return (State.KILLED, str(TaskKilled())) if killed else (State.FAILED, reason or _why_ended(status))

    def _is_cancelled(self, run: Run) -> bool:
        with suppress(RecordUnavailable):  # it is no reason to give up what hours may have gone into
            self._sweep_ended()
            return bool(self._record.kills_requested([run.run_id]))
        return False

    async def _start(self, job: Path) -> Process:
        # When we die, however we die, the kernel asks it to end.
        with_us = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
        self._layout.logs.mkdir(parents=True, exist_ok=True)
        with self._layout.log("imports").open("ab") as errors:
            return await asyncio.create_subprocess_exec(
                *with_us,
                sys.executable,
                "-m",
                "tandem.exchange",
                str(job),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                limit=LINE_BYTES,
            )

    async def _listen(self, process: Process, run: Run) -> str:
        """Note each step; why it failed, if it says so."""
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        loop = asyncio.get_running_loop()
        number, of, told_at, reason = 1, 0, 0.0, ""
        async for line in process.stdout:
            said = json.loads(line) if line.startswith(b"{") else {}
            reason = said.get("error", reason)
            step = said.get("step")
            if step is None or step["is_done"]:
                continue
            number, of, is_new = step["number"] or number, step["of"] or of, step["done"] == 0
            if is_new or loop.time() - told_at > TELL_S:
                told_at = loop.time()
                parts = f": {step['done']:,} of {step['parts']:,}" if step["parts"] else ""
                progress = Progress(step["label"] + parts, number, of or None)
                with suppress(RecordUnavailable):
                    await asyncio.to_thread(self._record.progressed, run.run_id, progress)
        return reason

    def _is_closed(self, run: Run, state: State, reason: str | None) -> bool:
        """Close it, unless the record is away."""
        try:
            self._close(run, state, reason)
        except RecordUnavailable as error:
            log.warning("how the import of %s ended is noted later: %s", run.experiment, error)
            return False
        return True

    def _close(self, run: Run, state: State, reason: str | None = None) -> None:
        """Remove what is not needed any more, then say how the import ended."""
        shutil.rmtree(self.uploads / run.run_id, ignore_errors=True)
        sweep(self._layout.data)
        self._finish(run, state, reason)

    def _finish(self, run: Run, state: State, reason: str | None) -> None:
        code = {State.FAILED: ImportFailed.code, State.KILLED: TaskKilled.code}.get(state)
        with suppress(IllegalMove):
            self._record.finished(run.run_id, state, error_code=code, reason=reason)
        self._changed(run.experiment)


async def _end(process: Process) -> None:
    """Ask a process to clean up and end; after a while by force, and whatever it has started with it."""
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), GRACE_S)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)


def _as_asked(request: ImportRequest) -> dict[str, Any]:
    """The request, in which options that nobody named stay unnamed: the importer tells them apart."""
    return request.model_dump(mode="json", exclude_unset=True)


def _why_ended(status: int) -> str:
    if status == -signal.SIGKILL:
        return "The import was ended by the system, probably because memory ran out."
    return "The import ended without a word; logs/imports.log says more."
