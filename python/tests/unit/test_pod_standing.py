"""What is made of what a cluster says of a pod."""

import pytest

from tandem.errors import InputGone, NotStarted, PodLost
from tandem.jobs.cluster.standing import standing_of

ALIVE = {"status": {}}
DEADLINE = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}
FAILED = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "it has failed"}
TIMES = {"startedAt": "2026-01-01T10:00:00Z", "finishedAt": "2026-01-01T10:00:05Z"}


def ended(name, code, reason="Error", **more):
    return {"name": name, "state": {"terminated": {"exitCode": code, "reason": reason, **TIMES, **more}}}


def pod(*init, main=(), **status):
    told = {"initContainerStatuses": list(init), "containerStatuses": list(main), **status}
    return {"metadata": {"name": "pod"}, "status": told}


FETCHED = ended("fetch", 0, "Completed")


def test_a_program_that_runs():
    running = {"name": "program", "state": {"running": {"startedAt": "2026-01-01T10:00:00Z"}}}
    found = standing_of(ALIVE, pod(FETCHED, running))
    assert (found.is_over, found.started_at.hour, found.finished_at) == (False, 10, None)


def test_it_is_over_when_all_is_collected():
    program = ended("program", 0, "Completed") | {"imageID": "registry/image@sha256:0123"}
    collecting = {"name": "collect", "state": {"running": {}}}
    assert not standing_of(ALIVE, pod(FETCHED, program, main=[collecting])).is_over
    found = standing_of(ALIVE, pod(FETCHED, program, main=[ended("collect", 0)]))
    assert (found.is_over, found.exit_code, found.by) == (True, 0, "itself")
    assert found.image_id == "registry/image@sha256:0123"


@pytest.mark.parametrize(
    ("status", "by"),
    [
        ({"reason": "Evicted", "message": "Pod ephemeral local storage usage exceeds the total limit"}, "disk"),
        ({"reason": "Evicted", "message": 'Usage of EmptyDir volume "io" exceeds the limit "5".'}, "disk"),
        ({"reason": "Evicted", "message": 'Usage of EmptyDir volume "shm" exceeds the limit "5".'}, "memory"),
    ],
)
def test_who_is_put_out_of_a_node_has_used_too_much(status, by):
    found = standing_of(ALIVE, pod(FETCHED, ended("program", 137), phase="Failed", **status))
    assert (found.by, found.is_over) == (by, True)


def test_limits_of_memory_and_time():
    assert standing_of(ALIVE, pod(FETCHED, ended("program", 137, "OOMKilled"))).by == "memory"
    assert standing_of({"status": {"conditions": [DEADLINE]}}, None).by == "time"


@pytest.mark.parametrize(
    "there",
    [
        pod(reason="Evicted", message="The node was low on resource: memory."),
        pod(phase="Failed", conditions=[{"type": "DisruptionTarget", "status": "True", "message": "preempted"}]),
        pod(FETCHED, ended("program", 143)) | {"metadata": {"name": "pod", "deletionTimestamp": "2026-01-01"}},
        pod(ended("fetch", 1, message="The store does not answer.")),
        pod(FETCHED, ended("program", 0), main=[ended("collect", 1)]),
    ],
)
def test_what_is_not_the_programs_fault_is_another_try(there):
    with pytest.raises(PodLost):
        standing_of(ALIVE, there)


def test_a_job_without_its_pod():
    assert standing_of(ALIVE, None).waits
    with pytest.raises(PodLost):
        standing_of({"status": {"conditions": [FAILED]}}, None)


def test_a_fault_of_the_job_is_told_by_the_container_that_fetches():
    said = 'A line.\n{"fault": "InputGone", "facts": {"reason": "a.csv is not in the store any more"}}'
    with pytest.raises(InputGone, match=r"a\.csv"):
        standing_of(ALIVE, pod(ended("fetch", 1, message=said)))


def test_a_program_that_is_not_in_its_image():
    with pytest.raises(NotStarted, match="executable file not found"):
        standing_of(ALIVE, pod(FETCHED, ended("program", 128, "StartError", message="executable file not found")))


def test_what_holds_it_up():
    waiting = {"name": "fetch", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}}}
    assert standing_of(ALIVE, pod(waiting)).hindrance == "Back-off"
    out = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    assert standing_of(ALIVE, pod(conditions=[out])).waits == "0/3 nodes"
