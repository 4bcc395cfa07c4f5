"""Experiments open when something is asked of them, and make room for each other."""

import gzip
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.platform import Home, wait_until
from helpers.data_sets import anndata_of, small_counts, write_folder
from tandem.local.plan import read_plan, write_plan
from tandem.local.supervision import control
from tandem.states import State

#: Room for one small experiment, but not for two.
BUDGET = "700000000"
#: Seconds in which an experiment opens and a small task ends, and in which a data set is imported.
OPEN_S, IMPORT_S = 100, 150
#: Seconds in which a task ends whose experiment cannot be loaded.
FAIL_S = 90
GENTLE = json.dumps({"min_genes": 0, "max_mito": None, "components": 5, "variable_genes": 20, "doublets": False})


class Client:
    """Somebody who asks the gateway of a platform."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.home.plan.gateway_url}{path}", timeout=30).json()

    def post(self, path: str, **more: Any) -> httpx.Response:
        return httpx.post(f"{self.home.plan.gateway_url}{path}", timeout=60, **more)

    def delete(self, path: str) -> httpx.Response:
        return httpx.delete(f"{self.home.plan.gateway_url}{path}", timeout=60)

    def ask(self, experiment: str, task: str = "GetNUmis", *, fresh: bool = False) -> str:
        """Send a request; the path of its task."""
        message = {
            "experimentId": experiment,
            "timeout": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(),
            "body": {"name": task},
            "requestProps": {"broadcast": False, "cacheUniquenessKey": 0.5 if fresh else None},
        }
        answer = self.post(f"/v2/workRequest/{experiment}", json=message)
        assert answer.status_code == 200, answer.text
        return str(answer.headers["Location"])

    def ended(self, task: str, within_s: float = OPEN_S) -> dict[str, Any]:
        """A task once it has ended."""
        assert wait_until(lambda: State(self.get(task)["state"]).terminal, within_s), f"{self.get(task)}\n{self.log()}"
        return dict(self.get(task))

    def answers(self) -> bool:
        """Whether the gateway is there."""
        with suppress(httpx.HTTPError):
            return bool(self.get("/readyz")["ready"])
        return False

    def state(self, experiment: str) -> str:
        return str(self.get(f"/experiments/{experiment}")["state"])

    def wait_for_state(self, experiment: str, state: str) -> None:
        found = wait_until(lambda: self.state(experiment) == state, OPEN_S)
        assert found, f"{self.get(f'/experiments/{experiment}')}\n{self.log()}"

    def send(self, files: list[tuple[str, bytes]], **fields: str) -> str:
        """Upload a data set; the path of its task."""
        parts: list[Any] = [("files", file) for file in files]
        parts += [(name, (None, value)) for name, value in fields.items()]
        answer = self.post("/experiments", files=parts)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["Location"])

    def log(self) -> str:
        return self.home.layout.log("gateway").read_text()[-3000:]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, r_library: Path, small_experiment: Path) -> Iterator[Home]:
    """A platform that has room for one of its two experiments."""
    home = Home(tmp_path_factory.mktemp("demand") / "home", r_library)
    home.copy_experiment(small_experiment / "small", "r.rds", "cell_sets.json")
    shutil.copytree(home.layout.data / "small", home.layout.data / "twin")
    home.environment |= {"EXPERIMENT_ID": "small", "TANDEM_MEMORY_BUDGET": BUDGET}
    started = home.tandem("up")
    assert started.returncode == 0, started.stdout + started.stderr
    yield home
    home.clean_up()


@pytest.fixture
def client(home: Home) -> Client:
    return Client(home)


def test_a_task_opens_what_sleeps_and_what_is_idle_makes_room(home: Home, client: Client):
    assert (client.state("small"), client.state("twin")) == ("ready", "asleep")
    assert client.ended(client.ask("twin"))["state"] == "COMPLETE"
    assert home.plan.experiments == ["twin"]
    client.wait_for_state("twin", "ready")
    client.wait_for_state("small", "asleep")
    shown = home.tandem("status").stdout
    assert "worker-twin" in shown
    assert "worker-small" not in shown
    assert not home.layout.worker_status("small").exists()
    assert client.get("/experiments/twin")["genes"] == 230


def test_what_is_submitted_by_a_command_opens_its_experiment_too(home: Home, client: Client):
    asked = home.tandem("submit", "GetNGenes", "--experiment", "small", "--wait")
    assert asked.returncode == 0, asked.stderr
    assert home.plan.experiments == ["small"]
    assert home.tandem("runs").returncode == 0


def test_what_changes_is_told_to_whoever_listens(client: Client):
    assert client.post("/experiments/small/open").status_code == 202
    client.wait_for_state("small", "ready")
    with httpx.stream("GET", f"{client.home.plan.gateway_url}/events", timeout=OPEN_S) as stream:
        lines = stream.iter_lines()
        next(lines)
        assert client.post("/experiments/twin/open").status_code == 202
        told = []
        for line in lines:
            if line.startswith("data:") and '"state"' in line and '"detail"' in line:
                told.append(json.loads(line[5:]))
            if told and told[-1]["id"] == "twin" and told[-1]["state"] == "ready":
                break
    assert {"id": "small", "state": "asleep", "detail": ""} in told
    assert "opening" in {one["state"] for one in told if one["id"] == "twin"}


def folder_of_10x(place: Path) -> list[tuple[str, bytes]]:
    write_folder(place / "s1", small_counts())
    return [(f"s1/{file.name}", file.read_bytes()) for file in sorted((place / "s1").iterdir())]


def h5ad(place: Path) -> list[tuple[str, bytes]]:
    place.mkdir()
    anndata_of(small_counts(cells=25)).write_h5ad(place / "mine.h5ad")
    return [("mine.h5ad", (place / "mine.h5ad").read_bytes())]


@pytest.mark.parametrize(("files", "cells", "force"), [(folder_of_10x, 30, "false"), (h5ad, 25, "true")])
def test_what_is_uploaded_is_analysed(
    client: Client, tmp_path: Path, files: Callable[[Path], list[tuple[str, bytes]]], cells: int, force: str
):
    task = client.send(files(tmp_path / "in"), id="mine", options=GENTLE, force=force)
    assert client.ended(task, IMPORT_S)["state"] == "COMPLETE"
    found = client.get("/experiments/mine")
    assert found["cells"] == cells
    done = client.ended(client.ask("mine"))
    assert done["state"] == "COMPLETE", done["reason"]
    result = httpx.get(f"{client.home.plan.gateway_url}/tasks/{done['id']}/result").content
    assert len(json.loads(gzip.decompress(result) if result[:2] == b"\x1f\x8b" else result)) == cells


def test_an_experiment_that_is_open_goes_when_it_is_deleted(home: Home, client: Client):
    client.wait_for_state("mine", "ready")
    assert client.delete("/experiments/mine").status_code == 204
    assert home.plan.experiments == []
    assert not (home.layout.data / "mine").exists()
    assert client.post("/experiments/mine/open").status_code == 404
    assert home.tandem("runs").returncode == 0
    assert home.tandem("status").returncode == 0


def test_data_that_cannot_be_read_fail_their_tasks_until_they_are_mended(home: Home, client: Client):
    good = (home.layout.data / "twin" / "r.rds").read_bytes()
    (home.layout.data / "twin" / "r.rds").write_bytes(b"no object at all")
    done = client.ended(client.ask("twin", fresh=True), FAIL_S)
    assert (done["state"], done["errorCode"]) == ("FAILED", "DATASET_UNREADABLE")
    assert client.state("twin") == "failed"
    assert client.get("/experiments/twin")["detail"]
    (home.layout.data / "twin" / "r.rds").write_bytes(good)
    assert client.post("/experiments/twin/open").status_code == 202
    assert client.ended(client.ask("twin", "GetNGenes", fresh=True))["state"] == "COMPLETE"


def test_an_r_service_that_does_not_start_fails_its_tasks_and_is_tried_again_when_asked(home: Home, client: Client):
    library = home.layout.state / "r-library"
    good = library.resolve()
    assert client.post("/experiments/small/open").status_code == 202
    client.wait_for_state("small", "ready")
    library.unlink()
    shutil.copytree(good / "tandem", library / "tandem", ignore=shutil.ignore_patterns("serve.R"))
    try:
        done = client.ended(client.ask("twin", fresh=True), FAIL_S)
        assert (done["state"], done["errorCode"]) == ("FAILED", "R_WORKER_NOT_STARTED"), done
        client.wait_for_state("twin", "failed")
    finally:
        shutil.rmtree(library)
        library.symlink_to(good)
    assert client.post("/experiments/twin/open").status_code == 202
    client.wait_for_state("twin", "ready")


def test_a_gateway_that_was_killed_goes_on_where_it_was(home: Home, client: Client):
    [gateway] = [part for part in home.processes() if b"tandem.gateway" in Path(f"/proc/{part}/cmdline").read_bytes()]
    before = home.plan
    os.kill(gateway, signal.SIGKILL)
    assert wait_until(client.answers, OPEN_S)
    assert home.plan == before
    assert client.ended(client.ask("small", "GetMitochondrialContent"))["state"] == "COMPLETE"


def test_an_experiment_whose_folder_is_gone_is_put_to_rest(home: Home, client: Client):
    shutil.copytree(home.layout.data / "small", home.layout.data / "brief")
    assert client.post("/experiments/brief/open").status_code == 202
    client.wait_for_state("brief", "ready")
    shutil.rmtree(home.layout.data / "brief")
    assert wait_until(lambda: home.plan.experiments == [], OPEN_S)


def test_a_change_that_was_broken_off_is_carried_out_with_the_next(home: Home, client: Client):
    assert client.post("/experiments/small/open").status_code == 202
    client.wait_for_state("small", "ready")
    write_plan(home.plan.without("small"), home.layout.plan)  # whoever did this died before it stopped anything
    assert client.ended(client.ask("twin", "GetMitochondrialContent"))["state"] == "COMPLETE"
    with control(home.layout) as supervisor:
        assert {process.name for process in supervisor.processes()} == {
            "redis",
            "gateway",
            "runner",
            "r-twin",
            "worker-twin",
        }


def test_everything_stops_also_while_something_is_being_opened(home: Home, client: Client):
    assert client.post("/experiments/small/open").status_code == 202
    stopped = home.tandem("down")
    assert stopped.returncode == 0, stopped.stderr
    assert not home.processes()
    assert read_plan(home.layout.plan) is None
