"""An R process of its own for one import or export, which ends when we do."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from tandem.errors import SetupIncomplete

#: Sums come out the same whatever the machine, and the work is divided by threads of our own.
SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
#: Memory that is given back by one thread is used again by the others.
ARENAS = {"MALLOC_ARENA_MAX": "1"}


def library_in(state: Path) -> Path:
    """Where the R package is installed: in this home, or beside the virtual environment that runs us."""
    own, beside = state / "r-library", Path(sys.prefix).parent / "r-library"
    return beside if not (own / "tandem").is_dir() and (beside / "tandem").is_dir() else own


class RFailed(Exception):
    """What R said: a sentence about the data, or the end of its log."""


def run(
    program: str, arguments: Sequence[Path], *, r_library: Path, log: Path, scratch: Path
) -> Iterator[dict[str, Any]]:
    """Run a program of the R package and yield each JSON object that it tells; RFailed where it ends otherwise than
    well. What R says besides goes to the log; what it needs for a while lies in a folder that its owner removes."""
    if not (r_library / "tandem").is_dir():
        raise SetupIncomplete(missing="the R package")
    log.parent.mkdir(parents=True, exist_ok=True)
    fault = ""
    with (
        log.open("w", encoding="utf-8") as log_file,
        _start([program, *arguments], r_library, scratch, log_file) as process,
    ):
        try:
            for line in process.stdout or ():
                event = _event(line)
                if event is None:
                    log_file.write(line)
                    log_file.flush()
                elif "error" in event:
                    fault = str(event["error"])
                else:
                    yield event
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        raise RFailed(fault or _end_of(process.returncode, log))


def _start(words: Sequence[str | Path], r_library: Path, scratch: Path, log: IO[str]) -> "subprocess.Popen[str]":
    # The kernel ends R when we die, however we die.
    with_us = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
    return subprocess.Popen(
        [*with_us, "Rscript", "-e", "tandem::run_command()", *map(str, words)],
        env=os.environ | SINGLE_THREADED | ARENAS | {"R_LIBS": str(r_library), "TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def _event(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _end_of(status: int, log: Path) -> str:
    if status == -signal.SIGKILL:
        return f"R was killed, probably because memory ran out; its log is {log}"
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return f"R ended with status {status}; its log, {log}, ends so: {' / '.join(lines[-3:]) or '(it is empty)'}"
