"""How engines are asked for a container, by one that writes down what it is asked. tests/deploy has real ones."""

import json
import os
from pathlib import Path

import pytest

from helpers.runs import Runs
from tandem import errors
from tandem.jobs.execution import container
from tandem.jobs.execution.launch import execute, places

#: Runs the program itself, where the folders of the run really are.
ENGINE = """#!/usr/bin/python3
import json, os, signal, sys, time
name, place = os.path.basename(sys.argv[0]), os.path.dirname(sys.argv[0])
with open(f"{place}/asked", "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "run":
    words = sys.argv[2:]
    variables = dict(words[i + 1].split("=", 1) for i, word in enumerate(words) if word == "--env")
    roots = [words[i + 1].split(":") for i, word in enumerate(words) if word == "--volume"]
    at = words.index("--entrypoint")
    os.chdir(next(outside for outside, inside, _ in roots if inside == "/io"))
    with open(f"{place}/pid", "w") as file:
        file.write(str(os.getpid()))
    if words[at + 2] == "missing":
        sys.exit("Error: no such image" and print("Error: no such image missing", file=sys.stderr) or 125)
    os.execvpe(words[at + 1], [words[at + 1], *words[at + 3 :]], os.environ | variables)
pid = int(open(f"{place}/pid").read()) if os.path.exists(f"{place}/pid") else 0
if sys.argv[1] == "kill":
    os.kill(pid, signal.SIGTERM)
if sys.argv[1] == "rm" and pid:
    os.kill(pid, signal.SIGKILL)
if sys.argv[1] == "inspect":
    print(pid)
if sys.argv[1:3] == ["image", "inspect"]:
    print("sha256:" + sys.argv[-1])
"""


class Stand:
    """The engine that stands in."""

    def __init__(self, place: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked_file = place / "asked"
        (place / name).write_text(ENGINE)
        (place / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
        monkeypatch.setattr("tandem.jobs.execution.process.SYSTEM_PROGRAMS", f"{place}:/usr/bin:/bin")
        monkeypatch.setattr(container, "ENGINES", (name,))
        container.engine.cache_clear()

    @property
    def asked(self) -> list[list[str]]:
        """All that it was asked."""
        return [json.loads(line) for line in self.asked_file.read_text().splitlines()]

    @property
    def run(self) -> list[str]:
        """The run that it was asked for."""
        return next(words for words in self.asked if words[0] == "run")


@pytest.fixture(params=["podman", "docker"])
def stand(request, open_place, monkeypatch):
    yield Stand(open_place, request.param, monkeypatch)
    container.engine.cache_clear()


@pytest.fixture
def runs(open_place):
    return Runs(open_place, "process group")


def values(words: list[str], option: str) -> list[str]:
    return [words[index + 1] for index, word in enumerate(words) if word == option]


def test_a_container_has_its_folders_its_limits_and_nothing_else(stand, runs, open_place):
    assets = open_place / "assets"
    assets.mkdir()
    launch = runs.launch("sh", "-c", "echo $TANDEM_INPUT; exit 3", image="some/image:1", assets=assets, cpus=0.5)
    ending = execute(launch, runs.stop, runs.heard)

    root = runs.folder.root
    words = stand.run
    assert (ending.by, ending.exit_code, runs.log()) == ("itself", 3, ["/io/inputs"])
    assert ending.confinement.by in ("podman", "docker")
    assert ending.image_id == "sha256:some/image:1"
    assert values(words, "--volume") == [
        f"{root}:/io:rw",
        f"{root}/inputs:/io/inputs:ro",
        f"{root}/configs:/io/configs:ro",
        f"{assets}:/io/assets:ro",
        f"{root}/home/tmp:/tmp:rw",
    ]
    assert (values(words, "--network"), values(words, "--cpus")) == (["none"], ["0.5"])
    assert values(words, "--memory") == values(words, "--memory-swap") == [str(500 << 20)]
    assert values(words, "--name") == ["tandem-job-1"]
    assert "--rm" in words
    assert values(words, "--user")[0].split(":")[0] != "0" or os.geteuid() != 0
    assert not any(variable.startswith("PATH=") for variable in values(words, "--env"))
    assert words[words.index("--entrypoint") :] == [
        *("--entrypoint", "sh", "some/image:1", "-c", "echo $TANDEM_INPUT; exit 3")
    ]


def test_a_container_with_the_network_and_graphics_cards(stand, runs):
    execute(runs.launch("true", image="i", network=True, gpus=(0, 2)), runs.stop, runs.heard)
    assert values(stand.run, "--network") == []
    assert values(stand.run, "--device") + values(stand.run, "--gpus") in (
        ["nvidia.com/gpu=0", "nvidia.com/gpu=2"],
        ['"device=0,2"'],
    )


def test_a_container_is_asked_to_end_and_then_removed(stand, runs):
    launch = runs.launch("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done", image="i", time_s=1)
    ending = execute(launch, runs.stop, runs.heard)
    assert ending.by == "time"
    verbs = [words[0] for words in stand.asked]
    assert verbs.index("run") < verbs.index("kill") < len(verbs) - verbs[::-1].index("rm")


def test_an_image_that_is_not_there(stand, runs):
    with pytest.raises(errors.NotStarted, match="no such image missing"):
        execute(runs.launch("true", image="missing"), runs.stop, runs.heard)


def test_no_engine_at_all(runs, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    container.engine.cache_clear()
    with pytest.raises(errors.NotStarted, match="neither podman nor docker"):
        execute(runs.launch("true", image="i"), runs.stop, runs.heard)


def test_in_a_container_the_folders_lie_elsewhere(runs):
    assert str(places(runs.folder, "image").output) == "/io/results"
    assert places(runs.folder).output == runs.folder.results
