"""A gateway beside one worker, as Compose has it, tells of it what it says itself, and that no other comes."""

import asyncio
import os
import time
from pathlib import Path

import httpx
import pytest

from fixtures.gateway import GatewayProcess
from fixtures.platform import wait_until
from tandem.gateway.neighbour import AWAY_S, UNHEARD, Neighbour
from tandem.gateway.standing import Standing
from tandem.status import Condition, StatusFile

#: Seconds that what is written may take to be told.
TOLD_S = 20


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    """Where the worker says how it is."""
    return tmp_path / "state" / "worker.json"


@pytest.fixture
def beside(own_gateway: GatewayProcess, worker: Path) -> GatewayProcess:
    """The gateway, and a second experiment that nobody serves."""
    own_gateway.add_experiment("other")
    own_gateway.start(EXPERIMENT_ID="small", TANDEM_STATUS_FILE=str(worker))
    return own_gateway


def told(gateway: GatewayProcess, experiment: str = "small") -> tuple[str, str]:
    """How an experiment stands."""
    found = gateway.get(f"/experiments/{experiment}").json()
    return found["state"], found["detail"]


def test_the_experiment_stands_as_its_worker_says(beside: GatewayProcess, worker: Path) -> None:
    assert wait_until(lambda: told(beside)[0] == "opening", TOLD_S)
    assert told(beside)[1] == UNHEARD.detail
    for said, stands in (("waiting", "opening"), ("degraded", "degraded"), ("ready", "ready")):
        StatusFile(worker).write(said, f"it is {said}")
        assert wait_until(lambda: told(beside) == (stands, f"it is {said}"), TOLD_S), told(beside)  # noqa: B023
    assert beside.get("/experiments").json()["items"][1]["state"] == "ready"

    long_ago = time.time() - AWAY_S - 1
    os.utime(worker, (long_ago, long_ago))
    assert wait_until(lambda: told(beside) == (UNHEARD.state, UNHEARD.detail), TOLD_S)


def test_another_experiment_is_not_said_to_wake(beside: GatewayProcess, worker: Path) -> None:
    StatusFile(worker).write("ready")
    answer = httpx.post(f"{beside.url}/experiments/other/open", timeout=10).json()
    assert answer["state"] == "asleep"
    assert "Only small is served" in answer["detail"]
    assert told(beside, "other") == ("asleep", answer["detail"])


async def told_in_turn(worker: Path, *states: Condition) -> list[tuple[str, Standing]]:
    """What those who listen are told while the worker says one thing after the other."""
    heard: asyncio.Queue[tuple[str, Standing]] = asyncio.Queue()
    neighbour = Neighbour("small", worker, lambda experiment, standing: heard.put_nowait((experiment, standing)))
    following = asyncio.create_task(neighbour.run())
    found = []
    for state in states:
        StatusFile(worker).write(state)
        found.append(await asyncio.wait_for(heard.get(), TOLD_S))
    following.cancel()
    return found


def test_whatever_is_new_is_told(worker: Path) -> None:
    told = asyncio.run(told_in_turn(worker, "starting", "ready", "degraded", "stopping"))
    stands = [*map(Standing, ("opening", "ready", "degraded")), UNHEARD]
    assert told == [("small", standing) for standing in stands]


def test_a_gateway_alone_says_that_it_does_not_know(own_gateway: GatewayProcess) -> None:
    own_gateway.start()
    state, detail = told(own_gateway)
    assert state == "asleep"
    assert "not known here" in detail
