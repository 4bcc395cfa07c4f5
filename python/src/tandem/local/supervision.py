"""Supervisor: its configuration, and its control over a unix socket."""

import os
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator, Mapping, Sequence
from configparser import RawConfigParser
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from tandem.local.given import names
from tandem.local.layout import Layout
from tandem.local.programs import Program

#: A log is set aside at this size, and so many old ones are kept.
LOG_BYTES = 10_000_000
LOG_BACKUPS = 3
#: By this variable the processes of a platform are known, also when their supervisor is gone.
MARK = "TANDEM_PLATFORM"


@dataclass(frozen=True)
class ProcessState:
    """How supervisor sees one program."""

    name: str
    state: str
    pid: int
    started: int
    why: str

    @property
    def given_up(self) -> bool:
        """It ended at once, again and again."""
        return self.state == "FATAL"

    @property
    def at_rest(self) -> bool:
        """It stays ended until somebody starts it."""
        return self.state in ("STOPPED", "FATAL")

    @property
    def ended(self) -> bool:
        """No process is left of it."""
        return self.state in ("STOPPED", "EXITED", "FATAL", "BACKOFF")


def render(layout: Layout, programs: Sequence[Program]) -> str:
    """The configuration file."""
    config = RawConfigParser()
    config["supervisord"] = {
        "directory": str(layout.home),
        "pidfile": str(layout.supervisor_pid),
        "logfile": str(layout.log("supervisor")),
        "logfile_maxbytes": str(LOG_BYTES),
        "logfile_backups": str(LOG_BACKUPS),
        "childlogdir": str(layout.logs),
    }
    config["unix_http_server"] = {"file": str(layout.control_socket), "chmod": "0600"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for program in programs:
        config[f"program:{program.name}"] = {
            "command": _command(program.command),
            "directory": str(layout.home),
            "environment": _pairs(program.environment),
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "2",
            "stopwaitsecs": str(program.patience_s),
            "stopsignal": "TERM",
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(layout.log(program.name)),
            "stdout_logfile_maxbytes": str(LOG_BYTES),
            "stdout_logfile_backups": str(LOG_BACKUPS),
        }
    text = StringIO()
    config.write(text)
    return text.getvalue()


def _command(words: Sequence[str]) -> str:
    return " ".join(f'"{word}"' for word in words)


def _pairs(variables: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value.replace("%", "%%")}"' for name, value in variables.items())


def start(layout: Layout) -> None:
    """Start supervisor in the background; it starts the programs, which inherit its mark and all of our environment
    but the settings: each has those that concern it from the configuration, where they can change."""
    inherited = {name: value for name, value in os.environ.items() if name not in names()}
    subprocess.run(
        [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(layout.supervisor_config)],
        check=True,
        env=inherited | {MARK: str(layout.home)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )


@contextmanager
def control(layout: Layout) -> Iterator["Control"]:
    """A line to the running supervisor. OSError if there is none."""
    transport = SupervisorTransport(None, None, f"unix://{layout.control_socket}")
    try:
        yield Control(xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport))
    finally:
        transport.close()


class Control:
    """What a running supervisor can be asked."""

    def __init__(self, proxy: Any) -> None:
        self._supervisor = proxy.supervisor

    def processes(self) -> list[ProcessState]:
        """All programs."""
        return [
            ProcessState(found["name"], found["statename"], found["pid"], found["start"], found["spawnerr"])
            for found in self._supervisor.getAllProcessInfo()
        ]

    def reload(self) -> tuple[list[str], list[str], list[str]]:
        """Read the configuration again: which programs are new in it, are others, and are not in it any more."""
        [[added, changed, removed]] = self._supervisor.reloadConfig()
        return list(added), list(changed), list(removed)

    def add(self, name: str) -> None:
        """Start a program that is new in the configuration."""
        self._supervisor.addProcessGroup(name)

    def remove(self, name: str) -> None:
        """Forget a program that has ended."""
        self._supervisor.removeProcessGroup(name)

    def start(self, name: str) -> None:
        """Start a program again that was given up or stopped, without waiting."""
        with suppress(xmlrpc.client.Fault):  # it runs, or it still cannot be started: its state tells
            self._supervisor.startProcess(name, False)

    def stop(self, name: str) -> None:
        """Ask one program to stop, without waiting; it is ended by force when its patience is over."""
        with suppress(xmlrpc.client.Fault):  # it is not running, which is what was wanted
            self._supervisor.stopProcess(name, False)

    def shutdown(self) -> None:
        """End supervisor itself."""
        self._supervisor.shutdown()

    def pid(self) -> int:
        """Its process."""
        return int(self._supervisor.getPID())


def is_running(layout: Layout) -> bool:
    """Whether a supervisor answers."""
    try:
        with control(layout) as supervisor:
            return supervisor.pid() > 0
    except (OSError, xmlrpc.client.Error):
        return False
