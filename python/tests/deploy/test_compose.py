"""The compose file, as it reads and as it runs: a task through all of its parts, with what is embedded and with AWS."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from fixtures.engine import Engine, EngineFailed
from fixtures.platform import ROOT, wait_until
from fixtures.redis import free_port
from helpers.deploy_tools import tool

#: Seconds until all parts are there: the demo is built before.
UP_S = 300
TASK_S = 60
SERVICES = {"redis", "prepare", "r", "python", "gateway", "runner"}


@pytest.mark.parametrize("profile", ["", "aws"])
def test_the_file_reads_as_it_is_meant(profile: str) -> None:
    done = subprocess.run(
        [tool("docker-compose"), "-f", str(ROOT / "docker-compose.yaml"), "config"],
        env=os.environ | {"COMPOSE_PROFILES": profile, "EXPERIMENT_ID": "mine", "DEBUG_STEP": "getClusters"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    services = yaml.safe_load(done.stdout)["services"]

    assert set(services) == SERVICES | ({"aws"} if profile else set())
    assert services["python"]["network_mode"] == "service:r"
    assert services["r"]["environment"]["DEBUG_STEP"] == "getClusters"
    for name in SERVICES - {"redis"}:
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
    assert services["prepare"]["healthcheck"] == {"disable": True}  # it has no port that could answer
    told = services["python"]["environment"]
    assert told["EXPERIMENT_ID"] == "mine"
    assert ("AWS_ENDPOINT_URL" in told, "TANDEM_QUEUE_URL" in told) == (bool(profile), not profile)
    for name in ("EXPERIMENT_ID", "TANDEM_STATUS_FILE"):
        assert services["gateway"]["environment"][name] == told[name]
    for name, service in services.items():
        for port in service.get("ports", ()):
            assert port["host_ip"] == "127.0.0.1", name


@dataclass(frozen=True)
class Project:
    """One run of the compose file, in a folder of its own."""

    engine: Engine
    folder: Path
    environment: dict[str, str]
    port: int

    def compose(self, *words: str, timeout: float = UP_S) -> str:
        """A command of Compose."""
        done = subprocess.run(
            [tool("docker-compose"), *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise EngineFailed(f"docker-compose {' '.join(words)}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def container(self, service: str) -> str:
        """The container of a service."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def ask(self, method: str, path: str, **words: Any) -> Any:
        """Ask the gateway."""
        answer = httpx.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=10, **words)
        answer.raise_for_status()
        return answer.json()

    def result_of(self, task: str) -> str:
        """Send a request and wait for what comes of it; where that is."""
        timeout = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        request = {"experimentId": "demo", "timeout": timeout, "body": {"name": task}, "requestProps": {}}

        def address() -> str | None:
            told: dict[str, str | None] = self.ask("POST", "/v2/workRequest/demo", json=request)["data"]
            return told["signedUrl"]

        assert wait_until(address, TASK_S), self.engine.try_("logs", self.container("python")).stderr[-3000:]
        assert [one["state"] for one in self.ask("GET", "/tasks")["items"]] == ["COMPLETE"]
        return address() or ""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the compose file needs of a checkout."""
    for name in ("docker-compose.yaml", "containers"):
        place = ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, tmp_path / name)
    (tmp_path / "data" / "debug").mkdir(parents=True)
    shutil.copytree(ROOT / "data" / "programs", tmp_path / "data" / "programs")
    (tmp_path / "data" / "demo").mkdir()
    for file in (ROOT / "data" / "demo").glob("*.gz"):
        shutil.copy(file, tmp_path / "data" / "demo")
    return tmp_path


@pytest.fixture
def socket(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where Compose finds the engine."""
    if engine.name == "docker":
        yield os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        return
    path = tmp_path_factory.mktemp("engine") / "podman.sock"
    service = subprocess.Popen(["podman", "system", "service", "--time=0", f"unix://{path}"], env=engine.environment)
    try:
        assert wait_until(path.exists, 20)
        yield f"unix://{path}"
    finally:
        service.terminate()
        service.wait(20)


@pytest.fixture
def project(
    images: Engine, stand_ins: dict[str, str], socket: str, checkout: Path, request: pytest.FixtureRequest
) -> Iterator[Project]:
    port = free_port()
    environment = (
        os.environ
        | stand_ins
        | {
            "DOCKER_HOST": socket,
            "COMPOSE_PROJECT_NAME": f"tandem-test-{os.getpid()}",
            "COMPOSE_PROFILES": request.param,
            "IMAGE_REGISTRY": images.registry,
            "EXPERIMENT_ID": "demo",
            "TANDEM_GATEWAY_PORT": str(port),
            "AWS_PORT": str(free_port()),
            "TANDEM_UID": str(os.getuid()),
            "TANDEM_GID": str(os.getgid()),
            "LOG_DRIVER": "k8s-file" if images.name == "podman" else "json-file",
        }
    )
    project = Project(images, checkout, environment, port)
    try:
        project.compose("up", "--detach", "--no-build")
        yield project
    finally:
        project.compose("down", "--volumes", "--timeout", "5")


@pytest.mark.parametrize("project", [""], indirect=True, ids=["embedded"])
def test_a_task_and_a_job_go_through_the_stack(project: Project) -> None:
    for service in ("r", "python", "gateway", "runner"):
        project.engine.wait_until_ready(project.container(service), 120)
    assert project.ask("GET", "/readyz")["redis"]

    assert httpx.get(project.result_of("GetNUmis")).content
    assert wait_until(lambda: project.ask("GET", "/experiments/demo")["state"] == "ready", TASK_S)

    job = project.ask("POST", "/jobs", json={"program": "model1", "parameters": {"a": 3}})
    assert wait_until(lambda: project.ask("GET", f"/jobs/{job['id']}")["state"] == "COMPLETE", TASK_S)
    assert (project.folder / "data" / "demo" / "r.rds").exists()


@pytest.mark.parametrize("project", ["aws"], indirect=True, ids=["aws"])
def test_a_task_goes_through_queues_and_buckets(project: Project) -> None:
    for service in ("r", "python", "gateway"):
        project.engine.wait_until_ready(project.container(service), 120)

    address = httpx.URL(project.result_of("GetNGenes"))

    assert address.host.endswith(".localhost")  # which browsers take for this machine, but not every resolver
    assert httpx.get(address.copy_with(host="127.0.0.1")).raise_for_status().content
    told = project.engine.do("exec", project.container("python"), "env")
    assert f"AWS_ENDPOINT_URL=http://aws.localhost:{project.environment['AWS_PORT']}\n" in told
    assert "TANDEM_QUEUE_URL" not in told
