"""What is made of what a cluster says of a worker's pods: how their experiment stands, and which is tried first."""

import pytest

from tandem.gateway.assignment.choice import in_turn
from tandem.gateway.assignment.pods import fits_label, lives
from tandem.gateway.assignment.standing import standing_of
from tandem.gateway.standing import Standing

NO_NODE = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Insufficient memory."}
READY = {"type": "Ready", "status": "True"}
RUNNING = {"running": {"startedAt": "2026-01-01T10:00:00Z"}}
OOM = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


def container(name="worker", state=RUNNING, last=None, ready=False):
    return {"name": name, "state": state, "lastState": last or {}, "ready": ready}


def waiting(reason, message=None):
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def ended(code, reason="Error"):
    return {"terminated": {"exitCode": code, "reason": reason}}


def pod(*containers, r=None, deleted=False, name="pod", experiment=None, **status):
    told = {"phase": "Running", "containerStatuses": list(containers), "initContainerStatuses": [r] if r else []}
    metadata = {"name": name, "labels": {"experimentId": experiment} if experiment else {}}
    return {
        "metadata": metadata | ({"deletionTimestamp": "2026-01-01T10:00:00Z"} if deleted else {}),
        "status": told | status,
    }


@pytest.mark.parametrize(
    ("there", "state", "detail"),
    [
        (pod(phase="Pending"), "opening", "Its pod is being started."),
        (
            pod(phase="Pending", conditions=[NO_NODE]),
            "opening",
            "Its pod waits for a node: 0/3 nodes are available: 3 Insufficient memory.",
        ),
        (
            pod(container(state=waiting("ImagePullBackOff", 'Back-off pulling image "x"')), phase="Pending"),
            "failed",
            "The image of its container 'worker' cannot be had: Back-off pulling image \"x\"",
        ),
        (
            pod(container(state=waiting("CreateContainerConfigError", 'secret "s" not found')), phase="Pending"),
            "failed",
            "Its container 'worker' cannot be started: secret \"s\" not found",
        ),
        (pod(container(state=waiting("PodInitializing")), phase="Pending"), "opening", "Its pod is being started."),
        (
            pod(container(state=waiting("PodInitializing")), r=container("worker-r")),
            "opening",
            "Its container 'worker-r' runs, and is not ready yet.",
        ),
        (
            pod(container(), r=container("worker-r", ready=True)),
            "opening",
            "Its container 'worker' runs, and is not ready yet.",
        ),
        (pod(container(ready=True), conditions=[READY]), "ready", ""),
        (pod(container(ready=True, last=OOM), conditions=[READY]), "ready", ""),
        (
            pod(container(ready=True), r=container("worker-r", waiting("CrashLoopBackOff"), OOM)),
            "failed",
            "Its container 'worker-r' ends again and again, the last time out of memory.",
        ),
        (
            pod(container(state=waiting("CrashLoopBackOff"), last=ended(1))),
            "failed",
            "Its container 'worker' ends again and again, the last time with exit code 1.",
        ),
        (
            pod(container(state=waiting("CrashLoopBackOff"), last=ended(0, "Completed"))),
            "opening",
            "Its container 'worker' ended with exit code 0, and is started again.",
        ),
        (pod(container(state=OOM)), "opening", "Its container 'worker' ended out of memory, and is started again."),
        (
            pod(container(last=ended(139))),
            "opening",
            "Its container 'worker' ended by signal 11, and was started again.",
        ),
        (
            pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory."),
            "failed",
            "Its pod was evicted: The node was low on resource: memory.",
        ),
        (
            pod(container(state=OOM), phase="Failed"),
            "failed",
            "Its pod has failed: its container 'worker' ended out of memory.",
        ),
        (pod(phase="Failed", reason="NodeLost"), "failed", "Its pod has failed: NodeLost"),
        (pod(phase="Unknown"), "failed", "Nothing is heard of its pod: its node does not answer."),
        (pod(phase="Succeeded"), "asleep", "Its pod has ended."),
        (pod(container(ready=True), deleted=True, conditions=[READY]), "asleep", "Its pod is being ended."),
    ],
)
def test_a_pod_in_words(there, state, detail):
    assert standing_of([there]) == Standing(state, detail)


def test_of_several_pods_the_best_tells():
    evicted = pod(phase="Failed", reason="Evicted")
    assert standing_of([evicted, pod(conditions=[READY]), pod(deleted=True)]).state == "ready"
    assert standing_of([evicted, pod(phase="Pending")]).state == "opening"


@pytest.mark.parametrize(
    ("there", "alive"),
    [
        (pod(), True),
        (pod(phase="Pending"), True),
        (pod(phase="Failed"), False),
        (pod(phase="Succeeded"), False),
        (pod(phase="Unknown"), False),
        (pod(deleted=True), False),
    ],
)
def test_who_has_ended_or_will_serves_nobody(there, alive):
    assert lives(there) is alive


def names(experiment, *pods):
    return [one["metadata"]["name"] for one in in_turn(experiment, pods)]


def test_running_pods_come_first_and_the_id_says_where_to_begin():
    running = [pod(name=name) for name in ("c", "a", "b")]
    there = [pod(name="x", phase="Pending"), pod(name="taken", experiment="other"), pod(name="d", deleted=True)]
    # As a hexadecimal number 4 leaves 1 when it is divided by 3, and what follows a dash does not count.
    assert names("4-ffff", *running, *there) == ["b", "c", "a", "x"]
    assert names("5", *running, *there) == ["c", "a", "b", "x"]
    assert names("e52b16b8-3a1c-4b0a-9b6e-0123456789ab", *running) == ["b", "c", "a"]
    assert names("5", *there) == ["x"]


def test_an_id_that_is_no_number_begins_somewhere_and_always_there():
    pods = [pod(name=name) for name in "abcdefgh"]
    tried = {id_: names(id_, *pods) for id_ in ("zebra", "pbmc", "test", "lung")}
    assert tried == {id_: names(id_, *reversed(pods)) for id_ in tried}
    assert len({order[0] for order in tried.values()}) > 1


@pytest.mark.parametrize("experiment", ["e52b16b8-3a1c-4b0a-9b6e-0123456789ab", "a", "a.b_c-9", "x" * 63])
def test_what_fits_a_label(experiment):
    assert fits_label(experiment)


@pytest.mark.parametrize("experiment", ["", "_a", "a-", "x" * 64, "a b", "ä"])
def test_what_fits_no_label(experiment):
    assert not fits_label(experiment)
