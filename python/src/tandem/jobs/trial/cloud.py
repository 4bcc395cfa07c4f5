"""A cloud on this machine: a simulated S3 and SQS, and before it a watcher and a runner as real processes."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tandem.aws import Clients
from tandem.errors import UsageError
from tandem.jobs.cloud.places import Answer, Place
from tandem.jobs.cloud.setup import make_bucket, prepare
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.parameters import write_config
from tandem.jobs.programs.published import publish
from tandem.jobs.trial.given import Given
from tandem.settings import DEVELOPMENT_ACCOUNT, Settings
from tandem.stores import open_store

LOOPBACK = "127.0.0.1"
BUCKET, QUEUE, USER = "tandem-trial", "tandem-trial-events", "me"
#: Nobody listens to what a runner announces here: the port that no server has.
NO_REDIS = f"redis://{LOOPBACK}:1"
#: Seconds that a process has to end in order.
END_S = 10.0
#: The last lines of a process that has ended by itself, in characters.
TAIL_LENGTH = 2000


@dataclass(frozen=True)
class Cloud:
    """One that runs."""

    clients: Clients
    processes: Mapping[str, "subprocess.Popen[bytes]"]
    scratch: Path

    def check(self) -> None:
        """UsageError where one of its processes has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                said = (self.scratch / f"{name}.log").read_text(errors="replace")[-TAIL_LENGTH:]
                raise UsageError(reason=f"the {name} of the simulated cloud has ended; it said: {said}")

    def upload(self, key: str, content: bytes) -> None:
        """Put a file into the user's folder."""
        self.clients.s3.put_object(Bucket=BUCKET, Key=f"{USER}/{key}", Body=content)

    def drop(self, given: Given, timestamp: str) -> tuple[Place, Answer]:
        """Upload what a program reads and its configuration, then the file that begins it; where that lies, and where
        the answer will."""
        for entry in given.manifest.entries:
            with given.blobs.open(entry.sha256) as body:
                self.upload(f"inputs/{entry.path}", body.read())
        config = f"configs/{given.spec.config}"
        with TemporaryDirectory(dir=self.scratch) as folder:
            written = Path(folder) / given.spec.config
            write_config(written, given.parameters)
            self.upload(config, written.read_bytes())
        place = Place(BUCKET, USER, f"{USER}/submissions/trial/")
        asked = {
            "program": given.program.name,
            "dataname": ["inputs/"] if given.manifest.entries else [],
            "configname": config,
            "timestamp": timestamp,
        }
        self.upload(place.submit.removeprefix(f"{USER}/"), json.dumps(asked, indent=2).encode())
        return place, place.answer(given.program.name, timestamp)

    def download(self, folder: Path) -> list[tuple[str, int]]:
        """Fetch all that lies in the user's folder now; keys and sizes in bytes."""
        found = []
        pages = self.clients.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{USER}/")
        for key, size in ((one["Key"], one["Size"]) for page in pages for one in page.get("Contents", [])):
            target = folder / key
            target.parent.mkdir(parents=True, exist_ok=True)
            self.clients.s3.download_file(BUCKET, key, str(target))
            found.append((key, size))
        return found

    def read(self, key: str) -> str | None:
        """A text in the bucket, as it is now."""
        try:
            return self.clients.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
        except self.clients.s3.exceptions.NoSuchKey:
            return None


@contextmanager
def simulated(program: Program, scratch: Path) -> Iterator[Cloud]:
    """One for a while, on a free port, with a program published in it; everything of it ends with the context."""
    with ExitStack() as at_end:
        endpoint = at_end.enter_context(_servers())
        environment = _environment(endpoint, scratch)
        settings = Settings.model_validate(environment)
        clients = at_end.enter_context(closing(Clients(settings)))
        make_bucket(clients, settings, settings.bucket("jobs", DEVELOPMENT_ACCOUNT))
        prepare(clients, settings, BUCKET, QUEUE)
        publish(program, open_store(settings, "jobs"))
        processes = {
            name: at_end.enter_context(_process(module, environment, scratch / f"{name}.log"))
            for name, module in (("runner", "tandem.jobs.runner"), ("watcher", "tandem.jobs.cloud"))
        }
        yield Cloud(clients, processes, scratch)


@contextmanager
def _servers() -> Iterator[str]:
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        reason = (
            "the simulated cloud needs a package that is not here; install it with: pip install 'moto[s3,server,sqs]'"
        )
        raise UsageError(reason=reason) from None
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    try:
        yield f"http://{LOOPBACK}:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


def _environment(endpoint: str, scratch: Path) -> dict[str, str]:
    """The variables of a cluster, as whoever runs one would set them."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "trial",
        "AWS_SECRET_ACCESS_KEY": "trial",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "CLUSTER_ENV": "development",
        "TANDEM_QUEUE_URL": "sqs://jobs",
        "TANDEM_STORE_URL": "s3://",
        "DATABASE_URL": f"sqlite:///{scratch / 'record.sqlite'}",
        "REDIS_URL": NO_REDIS,
        "TANDEM_HOME": str(scratch / "home"),
        "TANDEM_DATA": str(scratch / "data"),
        "TANDEM_PROGRAMS": str(scratch / "programs"),
        "TANDEM_CLOUD_BUCKET": BUCKET,
        "TANDEM_CLOUD_QUEUE": QUEUE,
    }


@contextmanager
def _process(module: str, environment: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that ends with us, however we end."""
    command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", module]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            env=os.environ | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        process.kill()
        process.wait()
