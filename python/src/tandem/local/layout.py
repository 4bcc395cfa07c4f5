"""Where the local platform keeps its things."""

import os
import re
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tandem.errors import InvalidSetting
from tandem.exchange.r_process import library_in
from tandem.settings import Settings

#: The address of a unix socket has room for 107 bytes; supervisor appends its process id to it for a moment.
LONGEST_SOCKET_PATH = 95
#: What supervisor's configuration or a URL would take for something else.
UNUSABLE = re.compile(r"[\"'\\%#?;\n]")


@dataclass(frozen=True)
class Layout:
    """The paths of one platform: those of the checkout, or of another home."""

    home: Path
    data: Path
    scratch: Path

    @classmethod
    def of(cls, settings: Settings) -> "Layout":
        """The paths that the settings ask for. InvalidSetting for one that could not be handed on."""
        chosen = {"TANDEM_HOME": settings.home, "TANDEM_DATA": settings.data, "TANDEM_SCRATCH": settings.scratch}
        for name, path in chosen.items():
            if UNUSABLE.search(str(path.resolve())):
                raise InvalidSetting(name=name, value=path, reason="its path has one of the signs \" ' \\ % # ? ;")
        return cls(*(path.resolve() for path in chosen.values()))

    @property
    def state(self) -> Path:
        """All that the platform writes, but for experiments."""
        return self.home / ".tandem"

    @property
    def run(self) -> Path:
        """What is true only while the platform runs."""
        return self.state / "run"

    @property
    def logs(self) -> Path:
        """One file for each part."""
        return self.state / "logs"

    @property
    def store(self) -> Path:
        """The buckets of results."""
        return self.state / "store"

    @property
    def jobs(self) -> Path:
        """Where jobs run, and what is kept for the next ones."""
        return self.state / "jobs"

    @property
    def shells(self) -> Path:
        """Copies of programs that somebody works on."""
        return self.jobs / "shells"

    @property
    def queue(self) -> Path:
        """The messages of all experiments."""
        return self.state / "queue.sqlite"

    @property
    def record(self) -> Path:
        """The record of runs."""
        return self.state / "record.sqlite"

    @property
    def plan(self) -> Path:
        """Which parts run, and where."""
        return self.run / "platform.json"

    @property
    def given(self) -> Path:
        """The settings that they run with."""
        return self.run / "settings.json"

    @property
    def supervisor_config(self) -> Path:
        """What supervisor is to keep alive."""
        return self.run / "supervisord.conf"

    @property
    def supervisor_pid(self) -> Path:
        """The process that keeps all others alive."""
        return self.run / "supervisord.pid"

    @property
    def control_socket(self) -> Path:
        """How supervisor is spoken to: in the home, or in a folder of our own where that path is too long."""
        near = self.run / "control.sock"
        if len(os.fsencode(near)) <= LONGEST_SOCKET_PATH:
            return near
        name = sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"tandem-{os.getuid()}-{name}" / "control.sock"

    @property
    def r_library(self) -> Path:
        """Where the R package is installed."""
        return library_in(self.state)

    def worker_status(self, experiment: str) -> Path:
        """Where a worker writes how it is."""
        return self.run / f"worker-{experiment}.json"

    @property
    def runner_status(self) -> Path:
        """Where the runner of jobs writes how it is."""
        return self.run / "runner.json"

    def log(self, part: str) -> Path:
        """The log of one part."""
        return self.logs / f"{part}.log"

    def make_folders(self) -> None:
        """Make what has to be there before anything starts; nobody else may look into it."""
        for folder in (self.state, self.run, self.logs, self.store):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in {self.run, self.control_socket.parent}:
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid != os.getuid():
                raise InvalidSetting(name="TANDEM_HOME", value=self.home, reason=f"{folder} belongs to somebody else")
            folder.chmod(0o700)
