"""Pods are given to experiments: the real client, against a small API that takes JSON patches as the real one does."""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.redis import free_port
from helpers.worker_pods import NAMESPACE, READY, WorkerCluster
from tandem.errors import InvalidRequest, InvalidSetting, QueueMissing, RecordUnavailable
from tandem.gateway.assignment import assigner as module
from tandem.gateway.assignment.assigner import Assigner
from tandem.gateway.assignment.backlog import Backlog
from tandem.gateway.assignment.workers import Workers
from tandem.gateway.queues import Queues, check_apart
from tandem.gateway.standing import Standing
from tandem.queues.base import Depth
from tandem.settings import Settings

JSON_PATCH = "application/json-patch+json"
#: SHA-1 of "e52b-default": the experiment and the sandbox, as the queue of a worker is called.
HASH = "e0c3cdae9e864b4b6e156a83e76be6402a14e1be"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


class Messages:
    """How many messages wait for each experiment."""

    def __init__(self) -> None:
        self.waiting: dict[str, int] = {}

    def queue(self, experiment: str) -> "Messages":
        if experiment not in self.waiting:
            raise QueueMissing(queue=experiment)
        self.asked = experiment
        return self

    def depth(self) -> Depth:
        return Depth(self.waiting[self.asked], 0, 0)


class Gateway:
    """What an assigner has around it."""

    def __init__(self, settings: Settings, messages: Messages) -> None:
        self.told: list[tuple[str, Standing]] = []
        queues = Queues(settings)
        self.assigner = Assigner(
            Workers.of(settings),
            lambda name: queues.settings_of(name).queue_hash,
            Backlog(lambda: set(messages.waiting), messages.queue),
            lambda name, standing: self.told.append((name, standing)),
        )

    def open(self, *experiments: str) -> None:
        """Something is asked of them; one look follows."""
        for experiment in experiments:
            self.assigner.ask(experiment)
        self.assigner.look()

    def standing(self, experiment: str) -> Standing:
        return self.assigner.standing(experiment)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[WorkerCluster]:
    made = WorkerCluster(tmp_path)
    made.makes_pods = False
    yield made
    made.close()


@pytest.fixture
def settings(cluster: WorkerCluster, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    return Settings(assign_namespace=NAMESPACE, k8s_env="staging")


@pytest.fixture
def messages() -> Messages:
    return Messages()


@pytest.fixture
def gateway(settings: Settings, messages: Messages) -> Gateway:
    return Gateway(settings, messages)


def test_a_spare_pod_is_labelled_by_exactly_these_requests(cluster, gateway):
    cluster.add("worker-1", phase="Pending")
    cluster.add("worker-2")
    gateway.open("e52b")
    [asked] = cluster.patches()
    assert (asked.path, asked.content_type) == (f"{PODS}/worker-2", JSON_PATCH)
    assert asked.body == [
        {"op": "test", "path": "/metadata/labels/experimentId", "value": None},
        {"op": "add", "path": "/metadata/labels/experimentId", "value": "e52b"},
        {"op": "add", "path": "/metadata/labels/workQueueHash", "value": HASH},
    ]
    selectors = [one.query["labelSelector"] for one in cluster.asked if one.method == "GET"]
    assert selectors == [
        "type=worker,sandboxId=default",
        "type=worker,sandboxId=default,experimentId=e52b",
    ]
    assert gateway.told[0] == ("e52b", Standing("opening"))


def test_an_experiment_that_has_a_pod_gets_no_other(cluster, gateway):
    cluster.add("worker-1")
    cluster.add("worker-2", experiment="e52b", conditions=[READY])
    gateway.open("e52b")
    assert not cluster.patches()
    gateway.assigner.ask("e52b")
    cluster.is_away = True
    gateway.assigner.look()
    assert gateway.standing("e52b") == Standing("ready")
    assert gateway.assigner.experiments() == ["e52b"]


@pytest.mark.parametrize("end", [{"phase": "Failed"}, {"phase": "Succeeded"}])
def test_a_pod_that_has_ended_holds_nothing(cluster, gateway, end):
    cluster.add("worker-1", experiment="e52b", **end)
    cluster.add("worker-2")
    gateway.open("e52b")
    assert cluster.of("e52b") == ["worker-1", "worker-2"]


def test_a_pod_that_is_being_ended_holds_nothing(cluster, gateway):
    cluster.add("worker-1", experiment="e52b")["metadata"]["deletionTimestamp"] = "2026-01-01T10:00:00Z"
    gateway.assigner.look()
    assert gateway.standing("e52b") == Standing("asleep", "Its pod is being ended.")
    cluster.add("worker-2")
    gateway.open("e52b")
    assert gateway.standing("e52b").state == "opening"
    assert cluster.of("e52b") == ["worker-1", "worker-2"]


def test_what_is_asked_while_a_pod_ends_unseen_is_given_another_at_the_next_look(cluster, gateway):
    cluster.add("worker-1", experiment="e52b", conditions=[READY])
    gateway.assigner.look()
    del cluster.pods["worker-1"]
    cluster.add("worker-2")
    gateway.open("e52b")
    assert cluster.of("e52b") == ["worker-2"]


def test_a_race_for_a_pod_that_is_lost_ends_at_another(cluster, gateway):
    for name in ("worker-1", "worker-2"):
        cluster.add(name)

    def quicker(name: str) -> None:
        cluster.before_patch = lambda _: None
        cluster.add(name, experiment="another")

    cluster.before_patch = quicker
    gateway.open("4")
    assert (cluster.of("another"), cluster.of("4")) == (["worker-1"], ["worker-2"])


def test_whoever_loses_a_pod_to_another_gateway_for_the_same_experiment_takes_no_second(cluster, gateway):
    for name in ("worker-1", "worker-2"):
        cluster.add(name)
    cluster.before_patch = lambda name: cluster.add(name, experiment="4", conditions=[READY])
    gateway.open("4")
    assert cluster.of("4") == ["worker-1"]
    assert len(cluster.patches()) == 1
    assert gateway.standing("4") == Standing("ready")


def test_no_more_than_eleven_pods_are_tried_in_a_row(cluster, gateway):
    for number in range(20):
        cluster.add(f"worker-{number:02}")
    cluster.before_patch = lambda name: cluster.add(name, experiment="another")
    gateway.open("4")
    assert len(cluster.patches()) == 11
    assert gateway.standing("4").state == "opening"


def test_a_pod_that_is_gone_is_as_good_as_taken(cluster, gateway):
    for name in ("worker-1", "worker-2"):
        cluster.add(name)

    def gone(name: str) -> None:
        cluster.before_patch = lambda _: None
        del cluster.pods[name]

    cluster.before_patch = gone
    gateway.open("4")
    assert cluster.of("4") == ["worker-2"]


def test_a_second_pod_is_given_back_where_another_gateway_saw_other_pods(cluster, gateway):
    cluster.add("worker-1")

    def elsewhere(_: str) -> None:
        cluster.before_patch = lambda _: None
        cluster.add("worker-9", experiment="4", conditions=[READY])

    cluster.before_patch = elsewhere
    gateway.open("4")
    assert cluster.of("4") == ["worker-9"]
    assert "workQueueHash" not in cluster.pods["worker-1"]["metadata"]["labels"]
    assert cluster.patches()[1].body == [
        {"op": "test", "path": "/metadata/labels/experimentId", "value": "4"},
        {"op": "remove", "path": "/metadata/labels/experimentId"},
        {"op": "remove", "path": "/metadata/labels/workQueueHash"},
    ]
    gateway.assigner.look()
    assert gateway.standing("4") == Standing("ready")
    assert len(cluster.patches()) == 2


def test_gateways_that_are_asked_at_once_give_each_experiment_one_pod(cluster, settings, messages):
    """While pods come and are taken, so that no two gateways see the same ones."""
    experiments = [f"{number:x}{number:x}" for number in range(15)]
    cluster.makes_pods = True
    for number in range(3):
        cluster.add(f"worker-{number}")
    cluster.before_patch = lambda _: time.sleep(random.uniform(0, 0.01))
    gateways = [Gateway(settings, messages) for _ in range(3)]
    together = threading.Barrier(len(gateways))

    def open_all(gateway: Gateway) -> None:
        for experiment in experiments:
            together.wait()
            gateway.open(experiment)
        while gateway.assigner._wanted:
            time.sleep(random.uniform(0, 0.02))
            gateway.assigner.look()

    threads = [threading.Thread(target=open_all, args=[gateway]) for gateway in gateways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {experiment: len(cluster.of(experiment)) for experiment in experiments} == dict.fromkeys(experiments, 1)


def test_a_deployment_that_keeps_no_pod_is_woken(cluster, gateway):
    cluster.deployment["spec"]["replicas"] = 0
    gateway.open("4")
    assert gateway.standing("4") == Standing("opening", "It waits for a pod: none is free.")
    [asked] = cluster.patches()
    assert asked.path == f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/tandem-worker/scale"
    assert asked.content_type == JSON_PATCH
    assert asked.body == [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
        {"op": "add", "path": "/spec/replicas", "value": 1},
    ]
    cluster.makes_pods = True
    gateway.assigner.look()
    assert len(cluster.of("4")) == 1
    assert gateway.standing("4") == Standing("opening", "Its pod is being started.")
    assert cluster.deployment["spec"]["replicas"] == 1


def test_a_deployment_that_others_have_changed_meanwhile_is_left_alone(cluster, gateway):
    cluster.deployment["spec"]["replicas"] = 0

    def changed(_: object) -> None:
        cluster.deployment = {
            "metadata": {**cluster.deployment["metadata"], "resourceVersion": "2"},
            "spec": {"replicas": 3},
        }

    cluster.before_patch = changed
    gateway.open("4")
    assert cluster.deployment["spec"]["replicas"] == 3
    assert gateway.standing("4").state == "opening"


def test_where_no_pod_comes_it_has_failed_with_a_reason_until_it_is_asked_again(cluster, gateway, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    cluster.deployment["metadata"]["labels"] = {}
    gateway.open("4")
    failed = gateway.standing("4")
    assert failed.state == "failed"
    assert failed.detail.startswith("No pod came within 0 s.")
    assert "there is no Deployment with the labels type=worker,sandboxId=default" in failed.detail
    cluster.add("worker-1")
    gateway.assigner.look()
    assert gateway.standing("4") == failed, "nobody asks for it any more"
    assert not cluster.of("4")
    gateway.open("4")
    assert cluster.of("4") == ["worker-1"]


def test_while_requests_wait_it_is_tried_further(cluster, gateway, messages, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    messages.waiting["4"] = 1
    gateway.open("4")
    assert gateway.standing("4").state == "failed"
    cluster.add("worker-1")
    gateway.assigner.look()
    assert cluster.of("4") == ["worker-1"]


def test_a_cluster_that_does_not_answer_is_said_and_asked_again(cluster, gateway):
    cluster.add("worker-1")
    cluster.is_away = True
    gateway.open("4")
    said = "The Kubernetes API does not do its part: etcdserver: leader changed. It is asked again."
    assert gateway.standing("4") == Standing("opening", said)
    pauses = []
    for _ in range(8):
        pauses.append(gateway.assigner._pause_s(0.0))
        gateway.assigner.look()
    assert pauses[0] < pauses[2] < pauses[4]
    assert max(pauses) <= 30
    cluster.is_away = False
    gateway.assigner.look()
    assert cluster.of("4") == ["worker-1"]
    assert gateway.assigner._pause_s(0.0) <= 1


def test_a_role_that_is_missing_is_named(cluster, gateway):
    cluster.is_forbidden = True
    gateway.open("4")
    assert 'User "gateway" cannot do this' in gateway.standing("4").detail


def test_an_api_that_is_not_there_at_all_is_said(cluster, settings, messages, tmp_path, monkeypatch):
    text = cluster.kubeconfig.read_text().replace(f":{cluster._api.port}", f":{free_port()}")
    (tmp_path / "elsewhere").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "elsewhere"))
    gateway = Gateway(settings, messages)
    gateway.open("4")
    assert gateway.standing("4").state == "opening"
    assert gateway.standing("4").detail.startswith("The Kubernetes API does not do its part")


def test_a_cluster_that_nobody_can_find_is_said_at_the_start(settings, messages, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    with pytest.raises(InvalidSetting, match="TANDEM_ASSIGN_NAMESPACE"):
        Gateway(settings, messages)


def test_requests_whose_pod_was_lost_get_another_though_nobody_asks(cluster, gateway, messages):
    cluster.add("worker-1", experiment="4", phase="Failed", reason="Evicted", message="no memory")
    cluster.add("worker-2")
    messages.waiting = {"4": 1, "answered": 0}
    gateway.assigner.look()
    assert cluster.of("4") == ["worker-1", "worker-2"]
    assert not cluster.of("answered")


def test_a_record_that_is_away_stops_nobody(cluster, settings, messages):
    gateway = Gateway(settings, messages)

    def away() -> set[str]:
        raise RecordUnavailable(database="somewhere", reason="it sulks")

    gateway.assigner._backlog = Backlog(away, messages.queue)
    cluster.add("worker-1")
    gateway.open("4")
    assert cluster.of("4") == ["worker-1"]


def test_an_id_that_is_no_label_is_refused(gateway):
    gateway.assigner.check("e52b16b8-3a1c-4b0a-9b6e-0123456789ab")
    with pytest.raises(InvalidRequest, match="63"):
        gateway.assigner.check("x" * 64)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "CLUSTER_ENV"),
        ({"k8s_env": "staging", "work_queue_hash": "abc"}, "WORK_QUEUE_HASH"),
        ({"k8s_env": "staging", "queue_url": "sqs://one-for-all.fifo"}, "TANDEM_QUEUE_URL"),
    ],
)
def test_experiments_that_would_share_a_queue_are_refused(given, name):
    with pytest.raises(InvalidSetting, match=name):
        check_apart(Settings(**given))


def test_each_experiment_has_a_queue_of_its_own(settings):
    check_apart(settings)
    check_apart(Settings(queue_url="sqlite:///tmp/queue.sqlite"))
    queues = Queues(settings)
    assert queues.of("a").name == f"queue-job-{queues.settings_of('a').queue_hash}-staging.fifo"
    assert queues.of("a").name != queues.of("b").name
    assert queues.of("a") is queues.of("a")
