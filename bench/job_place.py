"""Queue, record and store of jobs in a folder of its own, and the processes that work on them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.experiments import ENVIRONMENT
from tandem.jobs.programs.library import Library
from tandem.jobs.submission import Desk
from tandem.local import ports
from tandem.records.bundle import open_records
from tandem.settings import Settings
from tandem.stores import open_store

#: How long a process may take to be ready and to end, and between two looks, in seconds.
READY_S, END_S, LOOK_S = 60.0, 15.0, 0.02
#: What does nothing, as a program; n only tells its jobs apart.
PROGRAM = """name = "empty"
command = ["true"]
cpus = 1
memory = "100MB"
[parameters.n]
type = "integer"
default = 0
"""


class JobPlace:
    """What the jobs of one measurement share."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        program = folder / "data" / "programs" / "empty"
        program.mkdir(parents=True)
        (program / "program.toml").write_text(PROGRAM)
        self.told = embedded(folder, redis_url) | {"TANDEM_DATA": str(folder / "data"), "TANDEM_RUNNER_CPUS": "2"}
        self.settings = Settings.model_validate(self.told)
        self.records = open_records(self.settings)
        self.desk = Desk(
            self.settings, self.records, open_store(self.settings, "jobs"), Library(self.settings.programs)
        )

    @contextmanager
    def runner(self) -> Iterator[None]:
        """One runner that takes jobs."""
        status = self.folder / "runner.json"
        told = {"TANDEM_STATUS_FILE": str(status)}
        with process([sys.executable, "-m", "tandem.jobs.runner"], self.told | told, self.folder / "runner.log"):
            wait_until(lambda: status.exists() and json.loads(status.read_text())["state"] == "ready")
            yield

    @contextmanager
    def gateway(self) -> Iterator[httpx.Client]:
        """A gateway, spoken to."""
        port = ports.choose(ports.GATEWAY)
        told = self.told | {"TANDEM_GATEWAY_PORT": str(port)}
        with (
            process([sys.executable, "-m", "tandem.gateway"], told, self.folder / "gateway.log"),
            httpx.Client(base_url=f"http://{ports.LOOPBACK}:{port}", timeout=READY_S, trust_env=False) as http,
        ):
            wait_until(lambda: _answers(http))
            yield http


def embedded(folder: Path, redis_url: str) -> dict[str, str]:
    """Settings that put queue, record and store into a folder."""
    return {
        "TANDEM_HOME": str(folder),
        "TANDEM_QUEUE_URL": f"sqlite:///{folder / 'queue.sqlite'}",
        "TANDEM_STORE_URL": f"file://{folder / 'store'}",
        "DATABASE_URL": f"sqlite:///{folder / 'record.sqlite'}",
        "REDIS_URL": redis_url,
    }


@contextmanager
def job_place(redis_url: str) -> Iterator[JobPlace]:
    """One that is gone afterwards."""
    with TemporaryDirectory(prefix="tandem-bench-") as folder:
        place = JobPlace(Path(folder), redis_url)
        try:
            yield place
        finally:
            place.records.runs.close()


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis of our own, for this machine only."""
    port = ports.choose(ports.REDIS)
    with TemporaryDirectory(prefix="tandem-bench-") as folder:
        options = ["--port", str(port), "--bind", ports.LOOPBACK, "--save", "", "--dir", folder]
        with process(["redis-server", *options], {}, Path(folder) / "redis.log"):
            wait_until(lambda: not ports.is_free(port))
            yield f"redis://{ports.LOOPBACK}:{port}"


@contextmanager
def process(command: list[str], told: dict[str, str], log: Path) -> Iterator[int]:
    """The id of a process while it runs; it is ended by that."""
    with log.open("ab") as words:
        started = subprocess.Popen(command, env=ENVIRONMENT | told, stdout=words, stderr=words)
    try:
        yield started.pid
    finally:
        os.kill(started.pid, signal.SIGTERM)
        try:
            started.wait(END_S)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def wait_until(true: object, within_s: float = READY_S) -> None:
    """Until something holds."""
    assert callable(true)
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("What was waited for did not come.")
        time.sleep(LOOK_S)


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/healthz").is_success
    except httpx.HTTPError:
        return False
