"""What a cluster is asked for, whole."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tandem.jobs.cluster.manifest import Order, manifest_of
from tandem.jobs.spec import Spec
from tandem.records.jobs import Job
from tandem.settings import Settings
from tandem.states import State

GOLDEN = Path(__file__).parent / "goldens" / "kubernetes_job.json"
SETTINGS = {
    "TANDEM_JOB_IMAGE": "registry/tandem:1.0",
    "TANDEM_JOB_SECRET": "tandem-secret",
    "TANDEM_JOB_CONFIG_MAP": "tandem-config",
    "TANDEM_JOB_SERVICE_ACCOUNT": "tandem-jobs",
    "TANDEM_JOB_GPU_NODES": '{"pool": "gpu"}',
    "TANDEM_JOB_GPU_TOLERATIONS": '[{"key": "nvidia.com/gpu", "operator": "Exists"}]',
}


def order(**changes: object) -> Order:
    spec = {
        "command": ["python3", "{assets}/main.py", "{input}", "{output}", "$(HOME)", "{n}"],
        "config": "config.json",
        "cpus": 0.5,
        "memory_bytes": 500_000_000,
        "disk_bytes": 1_000_000_000,
        "gpus": 1,
        "time_limit_s": 60.0,
        "grace_s": 2.5,
        "retries": 0,
        "retry_on": (),
        "retry_pause_s": 1.0,
        "max_parallel": None,
        "network": False,
        "image": "science/program:2",
        "results": (),
        "returns": {},
        "environment": {"COLOUR": "blue"},
    }
    names = dict.fromkeys(Job.__dataclass_fields__)
    known = {
        "run_id": "01234567-89ab-cdef-0123-456789abcdef",
        "program": "model-1_",
        "version": "f" * 64,
        "parameters": {"n": 3},
        "state": State.QUEUED,
        "queued_at": datetime.now(UTC),
    }
    return Order(Job(**{**names, **known}), Spec.model_validate(spec | changes), 2, 1000)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_the_whole_job(settings):
    assert manifest_of(order(), settings) == json.loads(GOLDEN.read_text())


def test_without_an_image_a_program_runs_in_ours_and_without_gpus_anywhere(settings):
    pod = manifest_of(order(image=None, gpus=0), settings)["spec"]["template"]["spec"]
    program = pod["initContainers"][1]
    assert program["image"] == "registry/tandem:1.0"
    assert "PATH" in {one["name"] for one in program["env"]}
    assert "nvidia.com/gpu" not in program["resources"]["limits"]
    assert not {"nodeSelector", "tolerations"} & set(pod)


def test_a_program_is_given_no_secret(settings):
    program = manifest_of(order(), settings)["spec"]["template"]["spec"]["initContainers"][1]
    assert "envFrom" not in program
    assert all(mount["mountPath"] != "/work" for mount in program["volumeMounts"])


def test_a_command_of_ones_own_has_no_files(settings):
    program = manifest_of(order(assets=False), settings)["spec"]["template"]["spec"]["initContainers"][1]
    assert "/io/assets" not in {mount["mountPath"] for mount in program["volumeMounts"]}
