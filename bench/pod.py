"""One pod's worth of processes: a worker and the R service of an experiment, on embedded queue, record and store."""

import json
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgpack
from redis import Redis

from bench.experiments import KEPT, Experiment
from bench.job_place import embedded, process, wait_until
from bench.processes import Held, held_of, keeper_of
from bench.service_process import ServiceProcess
from tandem.queues import open_queue
from tandem.records.sql import open_record
from tandem.settings import Settings
from tandem.stores import open_store
from tandem.tasks.submission import send

#: How long whoever asks would wait, in seconds.
CALLER_S = 3600.0
#: What pods set, too: a process with huge pages forks faster.
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
#: How often whoever listens looks whether that is still wanted, in seconds.
LOOK_S = 0.2
#: Where socket.io servers hear what they have to hand on.
CHANNEL = "socket.io#/#"


class Answers:
    """When each answer was announced, and how often, as a socket.io server hears it."""

    def __init__(self, redis_url: str) -> None:
        self.at: dict[str, float] = {}
        self.times: Counter[str] = Counter()
        self._heard = threading.Condition()
        self._pubsub = Redis.from_url(redis_url).pubsub(ignore_subscribe_messages=True)
        self._pubsub.subscribe(CHANNEL)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait_for(self, etag: str, within_s: float = 60.0) -> float:
        """The moment at which an answer was heard."""
        with self._heard:
            if not self._heard.wait_for(lambda: etag in self.at, within_s):
                raise RuntimeError("An answer did not come.")
            return self.at[etag]

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._pubsub.close()

    def _listen(self) -> None:
        while not self._stop.is_set():
            message = self._pubsub.get_message(timeout=LOOK_S)
            now = time.perf_counter()
            if message is None:
                continue
            event, _ = msgpack.unpackb(message["data"], raw=False)[1]["data"]
            kind, _, etag = event.partition("-")
            if kind == "WorkResponse":
                with self._heard:
                    self.at.setdefault(etag, now)
                    self.times[etag] += 1
                    self._heard.notify_all()


class Pod:
    """What is sent to it, and what can be seen of it."""

    def __init__(self, told: Mapping[str, str], experiment: Experiment, pids: Mapping[str, int]) -> None:
        self.experiment, self._pids = experiment, pids
        settings = Settings.model_validate(told)
        self.queue, self.record = open_queue(settings), open_record(settings)
        self.results = open_store(settings, "worker-results")

    def send(self, body: Mapping[str, Any]) -> str:
        """Ask for a task that nobody has asked for before; its ETag."""
        etag = uuid.uuid4().hex
        message = {
            "ETag": etag,
            "signedUrl": self.results.url(etag),
            "experimentId": self.experiment.size,
            "timeout": (datetime.now(UTC) + timedelta(seconds=CALLER_S)).isoformat(),
            "body": body,
            "requestProps": {"broadcast": False, "cacheUniquenessKey": None},
        }
        send(message, queue=self.queue, record=self.record)
        return etag

    def held(self) -> dict[str, Held]:
        """What each process holds."""
        pids = {**self._pids, "R's keeper of the data": keeper_of(self._pids["R's front"])}
        return {name: held_of(pid) for name, pid in pids.items()}

    def close(self) -> None:
        self.queue.close()
        self.record.close()


@contextmanager
def pod(experiment: Experiment, redis_url: str) -> Iterator[Pod]:
    """A pod that is ready, in a folder that is gone afterwards."""
    with (
        TemporaryDirectory(prefix="tandem-bench-") as folder,
        ServiceProcess(experiment, told=HUGE_PAGES) as service,
    ):
        status = Path(folder) / "worker.json"
        told = embedded(Path(folder), redis_url) | {
            "TANDEM_DATA": str(KEPT),
            "EXPERIMENT_ID": experiment.size,
            "TANDEM_R_URL": service.url,
            "TANDEM_STATUS_FILE": str(status),
            "IGNORE_TIMEOUT": "true",
        }
        with process([sys.executable, "-m", "tandem.worker"], told, KEPT / "worker.log") as worker:
            wait_until(lambda: status.exists() and json.loads(status.read_text())["state"] == "ready")
            made = Pod(told, experiment, {"worker": worker, "R's front": service.pid})
            try:
                yield made
            finally:
                made.close()
