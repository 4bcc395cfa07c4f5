"""A gateway as a process of its own, and what a client says to it."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from fixtures.redis import free_port
from fixtures.stack import wait_for

#: What changes of cell sets are sent as.
MERGER = {"Content-Type": "application/boschni-json-merger+json"}
START_S = 60.0


class ApiProcess:
    """One gateway on a port of its own."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tandem.gateway"],
                env=os.environ | dict(environment) | {"TANDEM_GATEWAY_PORT": str(self.port)},
                stdout=file,
                stderr=file,
            )
        self.http = httpx.Client(base_url=self.url, timeout=60)
        wait_for(self._answers, START_S, log.read_text)

    def ask(
        self, body: object, *, experiment: str = "small", seconds: float = 60, headers: Any = None, **more: Any
    ) -> httpx.Response:
        """POST a work request as clients do."""
        message = {
            "experimentId": experiment,
            "timeout": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
            "body": body,
            "requestProps": {"broadcast": False, "cacheUniquenessKey": None},
            **more,
        }
        return self.http.post(f"/v2/workRequest/{experiment}", json=message, headers=headers)

    def task_of(self, answer: httpx.Response) -> str:
        """The id of the task that makes the result."""
        assert answer.status_code == 200, answer.text
        return answer.headers["Location"].removeprefix("/tasks/")

    def wait(self, task: str, within_s: float = 30.0) -> dict[str, Any]:
        """Wait for the end of a task."""
        deadline = time.monotonic() + within_s
        while not (told := self.http.get(f"/tasks/{task}").json())["finishedAt"]:
            assert time.monotonic() < deadline, told
            time.sleep(0.05)
        return dict(told)

    def patch(self, operations: object, experiment: str = "small", **given: Any) -> httpx.Response:
        """Change cell sets."""
        return self.http.patch(f"/v2/experiments/{experiment}/cellSets", json=operations, headers=MERGER, **given)

    def log(self) -> str:
        """What it has written."""
        return self._log.read_text()

    def close(self) -> None:
        """End it."""
        self.http.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            return self.http.get("/healthz").is_success
        except httpx.HTTPError:
            assert self._process.poll() is None, self._log.read_text()
            return False


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem that an answer tells of."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["detail"]
    return dict(told)
