"""A process that is held at a gate until everything is ready for it."""

import fcntl
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from tandem import errors
from tandem.jobs.execution.output import Stream

#: Waits for a word, then becomes the command; should we be gone by then, it just ends.
GATE = 'read -r word && exec "$@" </dev/null'
#: Where what goes before a program is looked for.
SYSTEM_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Bytes that a program can say before it has to wait for us.
PIPE_BYTES = 1 << 20


class Process:
    """One process with a session of its own. Its kernel ties it to the thread that makes it: they live together."""

    def __init__(self, command: Sequence[str], mark: Mapping[str, str], logs: Path) -> None:
        try:
            self._popen = subprocess.Popen(
                ["/bin/sh", "-c", GATE, "gate", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env={"PATH": SYSTEM_PROGRAMS, **mark},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # as of words that are too many or hold a zero
            raise errors.NotStarted(reason=f"the system says: {error}") from error
        self.pid = self._popen.pid
        #: Seconds of processor time of all that were waited for, when it has ended.
        self.cpu_s = 0.0
        out, err = cast(IO[bytes], self._popen.stdout), cast(IO[bytes], self._popen.stderr)
        for pipe in (out, err):
            with suppress(OSError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.streams = Stream("stdout", out, logs / "stdout.txt"), Stream("stderr", err, logs / "stderr.txt")

    @property
    def last_words(self) -> Sequence[str]:
        """The last lines that it, or those before it, complained."""
        return self.streams[1].last_words

    def let_go(self) -> None:
        """Open the gate."""
        gate = cast(IO[bytes], self._popen.stdin)
        with suppress(BrokenPipeError), gate:
            gate.write(b"go\n")

    def end(self) -> None:
        """See it end; it says nothing any more. At the gate it ends by itself."""
        if self._popen.returncode is not None:
            return
        cast(IO[bytes], self._popen.stdin).close()
        _, status, usage = os.wait4(self.pid, 0)
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        for stream in self.streams:
            stream.end()

    def keep_logs(self) -> None:
        """See that the logs are in their place, when that belongs to us alone again."""
        for stream in self.streams:
            stream.close()

    @property
    def exit_code(self) -> int:
        """What it ended with; a signal is a number below zero."""
        return int(self._popen.returncode)
