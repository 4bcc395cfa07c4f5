"""The devcontainers and their workspaces, read by the tools that editors use: what they name is there."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.redis import free_port
from helpers.deploy_tools import tool

ROOT = Path(__file__).parents[3]
#: Where containers have the checkout.
MOUNTED = "/workspaces/tandem"
HALVES = ("python", "r")
NODE_MODULES = Path(os.environ.get("TANDEM_NODE_MODULES", ROOT / ".tandem" / "node" / "node_modules"))
#: Seconds until an R service answers, on a busy machine.
START_S = 30


def read(path: Path) -> Any:
    """A JSON file with lines of comment."""
    return json.loads(re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE))


def here(path: str) -> Path:
    """The file of the checkout that a path in a container means."""
    assert path.startswith(MOUNTED)
    return ROOT / path.removeprefix(MOUNTED).lstrip("/")


def configuration(half: str) -> dict[str, Any]:
    return read(ROOT / ".devcontainer" / half / "devcontainer.json")


def workspace(half: str) -> dict[str, Any]:
    return read(ROOT / half / f"{half}.code-workspace")


def read_by_the_tool(*options: str) -> dict[str, Any]:
    """What the reference implementation makes of a devcontainer."""
    command = ["node", str(NODE_MODULES / "@devcontainers" / "cli" / "devcontainer.js"), "read-configuration", *options]
    compose = ["--docker-path", "podman", "--docker-compose-path", tool("docker-compose")]
    answer = subprocess.run([*command, *compose], capture_output=True, text=True, check=True, timeout=30)
    read: dict[str, Any] = json.loads(answer.stdout)
    return read


@pytest.fixture(scope="module", params=HALVES)
def half(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def services(half: str) -> dict[str, Any]:
    """The services as they are in development."""
    folder = ROOT / ".devcontainer" / half
    files = [str((folder / name).resolve()) for name in configuration(half)["dockerComposeFile"]]
    options = [word for name in files for word in ("-f", name)]
    answer = subprocess.run(
        [tool("docker-compose"), *options, "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=ROOT,
    )
    merged: dict[str, Any] = json.loads(answer.stdout)["services"]
    return merged


@pytest.fixture
def r_keeper(tmp_path: Path, r_library: Path) -> Iterator[int]:
    """What keeps an R service running in its container; yields the port of the service."""
    port = free_port()
    told = {"R_LIBS": str(r_library), "TANDEM_R_PORT": str(port), "TANDEM_DATA": str(tmp_path), "TMPDIR": str(tmp_path)}
    keeper = subprocess.Popen(
        ["bash", str(ROOT / ".devcontainer" / "r" / "serve")],
        env={**os.environ, **told, "TANDEM_LABELS": str(tmp_path / "labels"), "TANDEM_SCRATCH": str(tmp_path)},
        start_new_session=True,
    )
    yield port
    os.killpg(keeper.pid, signal.SIGTERM)
    keeper.wait(10)


def is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def wait_for(port: int, other_than: str | None, pid_file: Path) -> str:
    """The process of a service that answers."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if pid_file.exists() and (pid := pid_file.read_text().strip()) != other_than and is_healthy(port):
            return pid
        time.sleep(0.1)
    raise AssertionError("no service answers")


def test_editors_read_it(half: str) -> None:
    file = str(ROOT / ".devcontainer" / half / "devcontainer.json")
    chosen = read_by_the_tool("--workspace-folder", str(ROOT), "--config", file)["configuration"]

    assert chosen["service"] == half
    assert chosen["shutdownAction"] == "none"
    assert (chosen["remoteUser"], chosen["updateRemoteUserUID"]) == ("tandem", True)


def test_the_workspace_leads_to_it(half: str) -> None:
    [folder] = workspace(half)["folders"]
    opened = ROOT / half / folder["path"]
    found = read_by_the_tool("--workspace-folder", str(opened.resolve()))["configuration"]
    compose = [Path(found["configFilePath"]["fsPath"]).parent / name for name in found["dockerComposeFile"]]

    # Editors take `..` by the letter; the link has to bear that.
    assert all(Path(os.path.normpath(file)).is_file() for file in compose)
    assert (ROOT / ".devcontainer" / half / "devcontainer.json").samefile(found["configFilePath"]["fsPath"])
    assert here(found["workspaceFolder"]).samefile(opened)
    assert "ms-vscode-remote.remote-containers" in workspace(half)["extensions"]["recommendations"]


def test_what_has_to_be_there_before_is_found_from_the_checkout_and_from_the_workspace(half: str) -> None:
    [script] = re.findall(r'"(.*)"', configuration(half)["initializeCommand"])

    for folder in (ROOT, ROOT / half):
        subprocess.run(["sh", "-c", f'test -x "{script}"'], cwd=folder, check=True, timeout=10)


def test_its_service_has_tools_and_the_checkout(half: str, services: dict[str, Any]) -> None:
    service = services[half]

    assert service["build"]["target"] == "dev"
    assert service["user"] == "tandem"
    assert not service.get("read_only")
    assert any(mount["target"] == MOUNTED and Path(mount["source"]) == ROOT for mount in service["volumes"])
    assert here(service["working_dir"]).is_dir()
    assert services["python"]["network_mode"] == "service:r"


def test_what_it_names_is_there(half: str, services: dict[str, Any]) -> None:
    named = configuration(half)
    forwarded = [port.split(":")[0] for port in named["forwardPorts"] if isinstance(port, str)]
    words = [named["postCreateCommand"], *services["r"]["command"], services["python"]["environment"]["PYTHONPATH"]]
    paths = re.findall(rf"{MOUNTED}[\w./-]*", " ".join(words))

    assert set(named["runServices"]) | set(forwarded) <= set(services)
    assert len(paths) == 3
    assert all(here(path).exists() for path in paths)


def test_tasks_name_what_there_is(half: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    tasks = workspace(half)["tasks"]["tasks"]
    commands = " ; ".join(task["command"] for task in tasks)
    made = re.findall(r"make ([a-z-]+)", commands)
    scripts = re.findall(r"scripts/[a-z-]+", commands)

    assert made
    assert set(made) <= targets
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)
    assert {task["options"]["cwd"] for task in tasks} == {"${workspaceFolder}/.."}


def test_what_is_debugged_is_there() -> None:
    launches = workspace("python")["launch"]["configurations"]
    modules = [launch["module"] for launch in launches if "module" in launch]

    assert {"tandem.worker", "tandem.jobs.runner", "pytest"} == set(modules)
    assert all(find_spec(module) for module in modules)
    assert any(launch["request"] == "attach" for launch in launches)


def test_the_python_container_is_prepared_without_installing_anything(tmp_path: Path) -> None:
    script = ROOT / ".devcontainer" / "python" / "prepare"
    told = {"HOME": str(tmp_path), "TANDEM_STATE": str(tmp_path / "state"), "PYTHONPATH": str(ROOT / "python" / "src")}
    done = subprocess.run(
        ["bash", str(script)], env={**os.environ, **told}, capture_output=True, text=True, check=True, timeout=60
    )

    assert str(ROOT / "python" / "src" / "tandem") in done.stdout
    assert (tmp_path / "state" / "venv").is_symlink()


def test_what_an_image_brings_is_not_set_up_again(tmp_path: Path) -> None:
    told = {**os.environ, "TANDEM_STATE": str(tmp_path), "TANDEM_SETUP": "none"}
    subprocess.run([str(ROOT / "scripts" / "setup"), "test"], env=told, check=True, timeout=10)
    planned = subprocess.run(
        ["make", "--dry-run", "test-py"], cwd=ROOT, env=told, capture_output=True, text=True, check=True, timeout=10
    )

    assert {path.name for path in tmp_path.iterdir()} <= {"logs", "stamps"}
    assert f"{tmp_path}/venv/bin/python -m pytest" in planned.stdout


def test_an_r_service_that_is_ended_begins_anew(r_keeper: int, tmp_path: Path) -> None:
    pid_file = tmp_path / "r-service.pid"
    first = wait_for(r_keeper, None, pid_file)
    os.kill(int(first), signal.SIGTERM)

    assert wait_for(r_keeper, first, pid_file) != first
