"""A real R service on a free port, as the worker speaks to it, with all its processes."""

import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType, TracebackType
from typing import Any, Self

from bench.experiments import ENVIRONMENT, KEPT, LIBRARY, Experiment
from bench.processes import held_of, keeper_of
from tandem.local.memory import family
from tandem.worker.bridge import RService

#: Between two looks whether it is ready, in seconds.
LOOK_S = 0.005
#: How long it may take to load, the first time too, in seconds.
LOAD_S = 600.0
TASK_S = 300.0


class ServiceProcess:
    """Started at once, and ready within `with`; `seconds_since_start` counts from the start."""

    def __init__(
        self, experiment: Experiment, *, threads: int = 2, told: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        port = _free_port()
        environment = ENVIRONMENT | {
            "TANDEM_R_PORT": str(port),
            "TANDEM_DATA": str(KEPT),
            "EXPERIMENT_ID": experiment.size,
            "TANDEM_THREADS": str(threads),
            **told,
        }
        self._log = KEPT / "service.log"
        self.started = time.perf_counter()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["Rscript", str(LIBRARY / "tandem" / "serve.R")],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.url = f"http://127.0.0.1:{port}"
        self._r = RService(self.url)

    @property
    def seconds_since_start(self) -> float:
        return time.perf_counter() - self.started

    def _wait_until_ready(self) -> None:
        while not self._r.ready().get("ready"):
            if self._process.poll() is not None or self.seconds_since_start > LOAD_S:
                raise RuntimeError(f"The R service is not ready; its last words are in {self._log}")
            time.sleep(LOOK_S)

    def run(self, route: str, payload: Mapping[str, Any]) -> tuple[float, int]:
        """Seconds to the last byte of the answer, and how many bytes there were."""
        began = time.perf_counter()
        with self._r.run(route, payload, request_id=uuid.uuid4().hex, seconds=TASK_S) as answer:
            size = sum(len(block) for block in answer.blocks)
        return time.perf_counter() - began, size

    @property
    def pid(self) -> int:
        return self._process.pid

    def private_mb(self) -> tuple[float, float]:
        """Private memory of all its processes, and of the one that keeps the data."""
        found = {pid: held_of(pid).private_mb for pid in family([self.pid])}
        return sum(found.values()), found.get(keeper_of(self.pid), 0.0)

    def __enter__(self) -> Self:
        try:
            self._wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._r.close()
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
