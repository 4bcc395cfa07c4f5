"""The chart's worker pod, run on the built images beside a simulator of AWS and Redis: from a message to an event."""

import gzip
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from fixtures.chart import Chart
from fixtures.engine import Engine
from fixtures.platform import ROOT, wait_until
from fixtures.stack import EXPERIMENT
from helpers.deploy_tools import tool
from helpers.podman_pod import as_podman_pod

#: The account that moto believes itself to be, and the cluster's name.
ACCOUNT, CLUSTER = "123456789012", "staging"
HASH = sha1(f"{EXPERIMENT}-default".encode(), usedforsecurity=False).hexdigest()
QUEUE = f"queue-job-{HASH}-{CLUSTER}.fifo"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
LABELS = {"type": "worker", "sandboxId": "default"}
#: Seconds for a small task from its message to its event.
ANSWER_S = 60
#: R's limit, so low that an analysis can run into it.
R_MEMORY = "1500Mi"
#: Analyses that R is told of besides.
SLOW_TASKS = ROOT / "python" / "tests" / "deploy" / "slow-tasks.R"
#: Megabytes that R does not get then.
TOO_MUCH = 4000


@dataclass(frozen=True)
class Surroundings:
    """What a pod finds in a cluster: AWS and Redis, each in a container of its own, and the network between them."""

    engine: Engine
    network: str
    aws_port: int
    redis_port: int

    def aws(self, *words: str) -> dict[str, Any]:
        """Ask the simulator by the AWS command line."""
        endpoint = f"http://127.0.0.1:{self.aws_port}"
        environment = os.environ | KEYS | {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "10"}
        command = [tool("aws"), "--endpoint-url", endpoint, "--output", "json", *words]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout or "{}"))

    @property
    def queue_url(self) -> str:
        """The queue of the pod's experiment, as seen from here."""
        return f"http://127.0.0.1:{self.aws_port}/{ACCOUNT}/{QUEUE}"

    def send(self, task: str, etag: str) -> None:
        """Send a request as clients do."""
        message = {
            "experimentId": EXPERIMENT,
            "ETag": etag,
            "timeout": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
            "body": {"name": task},
            "requestProps": {"broadcast": False},
        }
        given = ("--message-body", json.dumps(message), "--message-group-id", EXPERIMENT)
        self.aws("sqs", "send-message", "--queue-url", self.queue_url, *given)

    def depth(self) -> tuple[int, int]:
        """Messages that wait, and that are in somebody's hands."""
        told = self.aws("sqs", "get-queue-attributes", "--queue-url", self.queue_url, "--attribute-names", "All")
        counts = told["Attributes"]
        waiting = int(counts["ApproximateNumberOfMessages"]) + int(counts["ApproximateNumberOfMessagesDelayed"])
        return waiting, int(counts["ApproximateNumberOfMessagesNotVisible"])

    @contextmanager
    def listening(self) -> Iterator[Redis]:
        """Hear what socket.io servers would."""
        with Redis(port=self.redis_port) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.psubscribe("socket.io#/#*")
            pubsub.get_message(timeout=2)
            yield pubsub

    def result(self, etag: str, folder: Path) -> Any:
        """What lies in the bucket of results."""
        path = folder / etag
        self.aws("s3api", "get-object", "--bucket", f"worker-results-{CLUSTER}-{ACCOUNT}", "--key", etag, str(path))
        return json.loads(gzip.decompress(path.read_bytes()))


@dataclass(frozen=True)
class Pod:
    """A pod of the worker."""

    engine: Engine
    around: Surroundings
    name: str
    podinfo: Path

    @property
    def r(self) -> str:
        """R's container."""
        return f"{self.name}-worker-r"

    @property
    def python(self) -> str:
        """The worker's container."""
        return f"{self.name}-worker"

    def label(self, **labels: str) -> None:
        """What the kubelet does when a label is patched."""
        (self.podinfo / "labels").write_text("".join(f'{key}="{value}"\n' for key, value in (LABELS | labels).items()))

    def ask_r(self, name: str, body: dict[str, Any]) -> str:
        """Ask R as the worker does, from its container; the answer as it comes."""
        code = "import httpx, sys; print(httpx.post(sys.argv[1], content=sys.argv[2], timeout=60).text)"
        url = f"http://127.0.0.1:4000/v0/{name}"
        return self.engine.do("exec", self.python, "python", "-c", code, url, json.dumps(body))


@pytest.fixture(scope="module")
def around(engine: Engine, stand_ins: dict[str, str], small_experiment: Path) -> Iterator[Surroundings]:
    if engine.name != "podman":
        pytest.skip("ONLY PODMAN PLAYS PODS: the chart's pod is NOT tried")
    network = f"tandem-test-{os.getpid()}"
    engine.do("network", "create", network)
    try:
        for name, port, image, command in (
            ("moto", "5000", stand_ins["MOTO_IMAGE"], ["-H", "0.0.0.0", "-p", "5000"]),
            ("redis", "6379", stand_ins["REDIS_IMAGE"], ["redis-server", "--protected-mode", "no", "--save", ""]),
        ):
            place = ("--network", network, "--network-alias", name, "--publish", f"127.0.0.1::{port}")
            engine.do("run", "--detach", "--name", f"{network}-{name}", *place, image, *command)
        ports = {
            name: int(engine.do("port", f"{network}-{name}", port).rpartition(":")[2])
            for name, port in (("moto", "5000"), ("redis", "6379"))
        }
        around = Surroundings(engine, network, ports["moto"], ports["redis"])
        furnish(around, small_experiment / EXPERIMENT)
        yield around
    finally:
        for name in ("moto", "redis"):
            engine.remove(f"{network}-{name}")
        engine.try_("network", "rm", "--force", network)


def furnish(around: Surroundings, folder: Path) -> None:
    """Buckets, the experiment in them, and its queue."""
    for kind in ("worker-results", "processed-matrix", "cell-sets"):
        where = ("--create-bucket-configuration", "LocationConstraint=eu-west-1")
        around.aws("s3api", "create-bucket", "--bucket", f"{kind}-{CLUSTER}-{ACCOUNT}", *where)
    for kind, key, file in (
        ("processed-matrix", f"{EXPERIMENT}/r.rds", "r.rds"),
        ("cell-sets", EXPERIMENT, "cell_sets.json"),
    ):
        body = ("--key", key, "--body", str(folder / file))
        around.aws("s3api", "put-object", "--bucket", f"{kind}-{CLUSTER}-{ACCOUNT}", *body)
    attributes = json.dumps({"FifoQueue": "true", "ContentBasedDeduplication": "true"})
    around.aws("sqs", "create-queue", "--queue-name", QUEUE, "--attributes", attributes)


@pytest.fixture(scope="module")
def pod(images: Engine, around: Surroundings, chart: Chart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    """A spare pod, until a test labels it."""
    podinfo = tmp_path_factory.mktemp("podinfo")
    podinfo.chmod(0o755)
    rendered = chart.render(
        images__registry=images.registry,
        images__tag="latest",
        aws__accountId=ACCOUNT,
        aws__endpoint="http://moto:5000",
        aws__keysSecret="keys",
        redis__secret="redis",
        worker__graceSeconds=5,
        worker__r__resources={"limits": {"memory": R_MEMORY}},
        worker__scratch__size="256Mi",
    )
    extra = {
        "env": [{"name": "TANDEM_TASKS", "value": f"/tasks/{SLOW_TASKS.name}"}],
        "volumeMounts": [{"name": "tasks", "mountPath": "/tasks", "readOnly": True}],
        "volumes": [{"name": "tasks", "hostPath": {"path": str(SLOW_TASKS.parent), "type": "Directory"}}],
    }
    name = f"{around.network}-pod"
    pod = Pod(images, around, name, podinfo)
    pod.label()
    template = rendered.one("Deployment", "worker")["spec"]["template"]
    manifest = as_podman_pod(template, name, podinfo, KEYS | {"REDIS_URL": "redis://redis:6379"}, extra)
    try:
        images.do("kube", "play", "--network", around.network, "-", stdin=manifest)
        yield pod
    finally:
        images.try_("pod", "rm", "--force", "--time", "0", name)


def test_a_spare_pod_is_alive_and_not_ready_until_it_is_labelled(pod: Pod) -> None:
    assert wait_until(lambda: pod.engine.is_healthy(pod.r) and pod.engine.is_healthy(pod.python), 60)
    assert not pod.engine.is_ready(pod.python)

    pod.label(experimentId=EXPERIMENT, workQueueHash=HASH)

    pod.engine.wait_until_ready(pod.python, 60)
    pod.engine.wait_until_ready(pod.r, 90)


def test_nobody_in_the_pod_is_root_or_may_write_beside_its_volumes(pod: Pod) -> None:
    for container in (pod.r, pod.python):
        assert pod.engine.do("exec", container, "id", "-u") == "10001"
        assert pod.engine.try_("exec", container, "touch", "/opt/tandem/x").returncode != 0


def test_a_request_sent_to_sqs_comes_back_as_an_object_and_an_event(pod: Pod, tmp_path: Path) -> None:
    with pod.around.listening() as events:
        pod.around.send("GetNUmis", "e1")
        assert wait_until(lambda: b"WorkResponse-e1" in said(events), ANSWER_S)

    assert len(pod.around.result("e1", tmp_path)) > 0
    assert wait_until(lambda: pod.around.depth() == (0, 0), 10)


def test_an_analysis_that_wants_more_than_r_has_takes_nothing_down_with_it(pod: Pod, tmp_path: Path) -> None:
    began = pod.engine.facts("container", pod.r)["State"]["StartedAt"]

    assert "R_WORKER_OUT_OF_MEMORY" in pod.ask_r("allocate", {"megabytes": TOO_MUCH})

    pod.around.send("GetNGenes", "e2")
    assert wait_until(lambda: has_result(pod, "e2"), ANSWER_S)
    assert pod.engine.facts("container", pod.r)["State"]["StartedAt"] == began


def test_a_pod_that_is_ended_hands_back_what_it_has_not_done(pod: Pod, tmp_path: Path) -> None:
    pod.around.send("GetDoubletScore", "e3")
    assert wait_until(lambda: pod.around.depth() == (0, 1), ANSWER_S)
    time.sleep(1)

    began = time.monotonic()
    pod.engine.do("stop", "--time", "40", pod.python)

    assert time.monotonic() - began < 15
    assert pod.engine.facts("container", pod.python)["State"]["ExitCode"] == 0
    assert pod.around.depth() == (1, 0)
    assert not has_result(pod, "e3")

    pod.engine.do("start", pod.python)
    assert wait_until(lambda: has_result(pod, "e3"), ANSWER_S)
    assert pod.around.result("e3", tmp_path)


def said(events: Any) -> bytes:
    """The next that is heard."""
    heard = events.get_message(timeout=0.5)
    return heard["data"] if heard else b""


def has_result(pod: Pod, etag: str) -> bool:
    bucket = f"worker-results-{CLUSTER}-{ACCOUNT}"
    listed = pod.around.aws("s3api", "list-objects-v2", "--bucket", bucket, "--prefix", etag)
    return any(one["Key"] == etag for one in listed.get("Contents", ()))
