"""One pod of the small cluster of tests: its containers are processes of this machine, one after the other."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Places that every process of this machine shares are not put elsewhere.
SHARED = ("/tmp", "/dev/shm")
#: Characters of a log that are told of a container that failed.
TOLD = 2048


class Pod:
    """Runs the containers of a template in order, init containers first, until one fails."""

    def __init__(
        self, name: str, template: Mapping[str, Any], volume: Path, sources: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.name, self.spec, self.volume, self._sources = name, template["spec"], volume, sources
        self.metadata = {"name": name, **template["metadata"]}
        self.status: dict[str, Any] = {"phase": "Pending", "conditions": []}
        self.logs: dict[str, list[tuple[str, str]]] = {}
        self.changed = threading.Condition()
        self.ended = threading.Event()
        self.hungry: set[str] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self) -> None:
        """All containers, to the end of the last or of the one that fails."""
        self.volume.mkdir(parents=True)
        self.status["phase"] = "Running"
        containers = [("initContainerStatuses", one) for one in self.spec["initContainers"]]
        containers += [("containerStatuses", one) for one in self.spec["containers"]]
        code = 0
        for kind, container in containers:
            code = self._run(container, self.status.setdefault(kind, []))
            if code:
                break
        self.status["phase"] = "Failed" if code else "Succeeded"
        self._tell()
        self.ended.set()

    def wait_for_image(self, container: str, image: str) -> None:
        """Stand there as a pod does whose image cannot be had."""
        waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}
        self.status["initContainerStatuses"] = [{"name": container, "state": {"waiting": waiting}}]

    def end(self, grace_s: float) -> None:
        """As the service of a node does: ask, wait, end."""
        self.metadata["deletionTimestamp"] = _now()
        self._stopped = True
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace_s)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            self.ended.wait(10)
        self.ended.set()
        self._tell()

    def _run(self, container: Mapping[str, Any], statuses: list[dict[str, Any]]) -> int:
        name, lines = container["name"], self.logs.setdefault(container["name"], [])
        status: dict[str, Any] = {"name": name, "state": {"running": {"startedAt": _now()}}}
        statuses.append(status)
        if self._stopped:
            return 137
        self._process = process = subprocess.Popen(
            [self._here(word, container) for word in container["command"]],
            env=self._environment(container),
            cwd=self._here(container.get("workingDir", "/"), container),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._tell()
        with process:
            for line in process.stdout or ():
                lines.append((_now(), line.decode(errors="replace").removesuffix("\n")))
                self._tell()
        code = process.returncode
        exit_code = 128 - code if code < 0 else code
        reason = "OOMKilled" if name in self.hungry and exit_code else "Error" if exit_code else "Completed"
        ended = {"exitCode": exit_code, "reason": reason, "finishedAt": _now()}
        if exit_code:
            ended["message"] = "\n".join(text for _, text in lines)[-TOLD:]
        status["state"] = {"terminated": ended | {"startedAt": status["state"]["running"]["startedAt"]}}
        self._tell()
        return exit_code

    def _environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        own = container["name"] != "program"
        found = {"PATH": f"{sys.prefix}/bin:{os.environ['PATH']}"}
        if own:
            scratch = self.volume / "tmp"
            scratch.mkdir(exist_ok=True)
            found |= {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(scratch)}
        for source in container.get("envFrom", ()):
            found |= self._sources[next(iter(source.values()))["name"]]
        return found | {one["name"]: self._here(one["value"], container) for one in container["env"]}

    def _here(self, word: str, container: Mapping[str, Any]) -> str:
        """A word in which the places of a container are those of this machine."""
        mounts = {
            mount["mountPath"]: str(self.volume / mount.get("subPath", ""))
            for mount in container["volumeMounts"]
            if mount["mountPath"] not in SHARED
        }
        ways = "|".join(re.escape(path) for path in sorted(mounts, key=len, reverse=True))
        moved = re.sub(rf"(?<![\w/])({ways})(?![\w-])", lambda found: mounts[found[1]], word)
        return moved.replace("$$", "$")

    def _tell(self) -> None:
        with self.changed:
            self.changed.notify_all()


def _now() -> str:
    """The time as a cluster tells it, to the nanosecond."""
    seconds, rest = divmod(time.time_ns(), 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
