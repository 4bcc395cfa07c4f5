"""A gateway of a cluster where no other API assigns workers: a request gets a queue and a pod, and people see how."""

import json
import os
import sys
from collections.abc import Iterator
from hashlib import sha1
from subprocess import run
from uuid import uuid4

import pytest

from fixtures.aws import Aws
from fixtures.stack import wait_for
from helpers.api_process import ApiProcess, problem
from helpers.worker_pods import READY, WorkerCluster

ACCOUNT = "000000000000"
TASK = {"name": "GetNUmis"}
NO_NODE = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Insufficient memory."}
#: Each test has one of these for itself; all have a dataset.
EXPERIMENTS = ("e52b", "opened", "away", "left", "shared", "_odd")


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerCluster]:
    made = WorkerCluster(tmp_path_factory.mktemp("cluster"))
    made.makes_pods = False
    yield made
    made.close()


@pytest.fixture
def cluster(shared_cluster: WorkerCluster) -> WorkerCluster:
    """Without pods."""
    shared_cluster.pods.clear()
    return shared_cluster


@pytest.fixture(scope="module")
def environment(
    moto_server: Aws, tmp_path_factory: pytest.TempPathFactory, shared_cluster: WorkerCluster
) -> dict[str, str]:
    home, env, s3 = tmp_path_factory.mktemp("home"), f"t-{uuid4().hex[:12]}", moto_server.client("s3")
    for kind in ("worker-results", "processed-matrix", "cell-sets"):
        place = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=f"{kind}-{env}-{ACCOUNT}", CreateBucketConfiguration=place)
    for experiment in EXPERIMENTS:
        s3.put_object(Bucket=f"processed-matrix-{env}-{ACCOUNT}", Key=f"{experiment}/r.rds", Body=b"an object")
    return {
        **moto_server.environment,
        **shared_cluster.environment,
        "CLUSTER_ENV": env,
        "AWS_ACCOUNT_ID": ACCOUNT,
        "TANDEM_DATA": str(home / "no-data"),
        "TANDEM_HOME": str(home),
        "DATABASE_URL": f"sqlite:///{home}/record.sqlite",
    }


@pytest.fixture(scope="module")
def api(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    made = ApiProcess(environment, tmp_path_factory.mktemp("log") / "gateway.log")
    yield made
    made.close()


def wait_until(api: ApiProcess, experiment: str, state: str, detail: str = "") -> None:
    """Wait until an experiment stands so."""

    def stands() -> bool:
        answer = api.http.get(f"/experiments/{experiment}")
        told = answer.json() if answer.is_success else {}
        return told.get("state") == state and detail in told["detail"]

    wait_for(stands, 30, api.log)


def test_a_request_gets_a_queue_and_a_pod(api, cluster, moto_server, environment):
    cluster.add("worker-1")
    assert api.http.get("/experiments", params={"search": "e52b"}).json()["items"] == []
    task = api.task_of(api.ask(TASK, experiment="e52b"))
    wait_for(lambda: cluster.of("e52b"), 10, api.log)

    in_name = sha1(b"e52b-default").hexdigest()
    assert cluster.pods["worker-1"]["metadata"]["labels"]["workQueueHash"] == in_name
    sqs = moto_server.client("sqs")
    url = sqs.get_queue_url(QueueName=f"queue-job-{in_name}-{environment['CLUSTER_ENV']}.fifo")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["FifoQueue"], attributes["ContentBasedDeduplication"]) == ("true", "true")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["experimentId"] == "e52b"
    assert api.http.get(f"/tasks/{task}").json()["state"] == "QUEUED"

    leased = 'tandem_queue_leased{experiment="e52b"} 1.0'
    wait_for(lambda: leased in api.http.get("/metrics").text, 30, api.log)

    [item] = api.http.get("/experiments", params={"search": "e52b"}).json()["items"]
    assert (item["id"], item["state"]) == ("e52b", "opening")
    cluster.pods["worker-1"]["status"]["conditions"] = [READY]
    wait_until(api, "e52b", "ready")


def test_an_experiment_is_opened_before_anything_is_asked_and_told_why_it_waits(api, cluster):
    assert api.http.get("/experiments/opened").status_code == 404
    cluster.add("worker-1", phase="Pending", conditions=[NO_NODE])
    cluster.add("worker-2", experiment="from-elsewhere", conditions=[READY])
    opening = api.http.post("/experiments/opened/open")
    assert (opening.status_code, opening.json()["state"]) == (202, "opening")
    wait_until(api, "opened", "opening", "0/3 nodes are available: 3 Insufficient memory.")
    wait_until(api, "from-elsewhere", "ready")
    assert api.http.post("/experiments/none/open").status_code == 404


def test_requests_are_accepted_while_the_cluster_is_away(api, cluster):
    cluster.add("worker-1")
    cluster.is_away = True
    assert api.ask(TASK, experiment="away").status_code == 200
    said = "The Kubernetes API does not do its part: etcdserver: leader changed. It is asked again."
    wait_until(api, "away", "opening", said)
    assert api.http.get("/readyz").status_code == 200
    cluster.is_away = False
    wait_for(lambda: cluster.of("away"), 20, api.log)


def test_an_id_that_no_pod_can_carry_is_refused_at_once(api):
    answer = api.ask(TASK, experiment="_odd")
    assert answer.status_code == 400
    assert "labelled" in problem(answer)["detail"]


def test_two_gateways_give_one_experiment_one_pod_and_requests_outlive_theirs(api, environment, cluster, tmp_path):
    other = ApiProcess(environment, tmp_path / "other.log")
    try:
        for number in range(5):
            cluster.add(f"worker-{number}")
        for gateway in (api, other):
            gateway.http.post("/experiments/shared/open").raise_for_status()
        for gateway in (api, other):
            wait_until(gateway, "shared", "opening", "Its pod")
        assert len(cluster.of("shared")) == 1
        cluster.pods.clear()
        assert other.ask(TASK, experiment="left").status_code == 200
    finally:
        other.close()
    for number in range(5):  # for those of the tests before, too, whose messages nobody has answered
        cluster.add(f"worker-{number}")
    wait_for(lambda: cluster.of("left"), 20, api.log)


def test_without_the_client_of_kubernetes_the_remedy_is_said(environment):
    without = "import sys; sys.modules['kubernetes'] = None; from tandem.gateway.__main__ import main; main()"
    command = [sys.executable, "-c", without]
    ended = run(command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "install tandem[kubernetes]" in ended.stderr
    assert "Traceback" not in ended.stderr
