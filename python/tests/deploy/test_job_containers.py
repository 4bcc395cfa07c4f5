"""Jobs with an image of their own, on a real engine: what they see, what they may take, and how they end."""

import pytest

from fixtures.engine import Engine
from fixtures.platform import wait_until
from helpers.runs import Runs
from tandem.jobs.execution import container
from tandem.jobs.execution.launch import execute


@pytest.fixture
def runs(images: Engine, open_place, monkeypatch):
    for name, value in images.environment.items():
        if name.startswith("CONTAINERS_"):
            monkeypatch.setenv(name, value)
    container.engine.cache_clear()
    yield Runs(open_place, "process group")
    container.engine.cache_clear()


def test_a_program_finds_its_inputs_and_leaves_results(images, runs):
    (runs.folder.inputs / "word").write_text("hello\n")
    script = "cat inputs/word; cp inputs/word results/; echo more >> inputs/word; id -u; exit 3"
    ending = execute(runs.launch("sh", "-c", script, image=images.image("tandem-python")), runs.stop, runs.heard)

    assert (ending.by, ending.exit_code, ending.confinement.by) == ("itself", 3, images.name)
    assert (runs.folder.results / "word").read_text() == "hello\n"
    assert (runs.folder.inputs / "word").read_text() == "hello\n"
    said, user = runs.log("stdout")
    assert said == "hello"
    assert user != "0"


def test_a_program_reaches_no_network_unless_it_may(images, runs):
    look = "python -c \"import os; print(sorted(os.listdir('/sys/class/net')))\""
    execute(runs.launch("sh", "-c", look, image=images.image("tandem-python")), runs.stop, runs.heard)
    assert runs.log("stdout") == ["['lo']"]


def test_a_program_that_wants_too_much_memory_is_ended_for_that(images, runs):
    hungry = "import time; held = b'x' * (1 << 30); time.sleep(5)"
    launch = runs.launch("python", "-c", hungry, image=images.image("tandem-python"))
    ending = execute(launch, runs.stop, runs.heard)
    assert ending.by == "memory" or ending.exit_code == 137


def test_a_program_that_does_not_listen_is_removed(images, runs):
    script = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    ending = execute(
        runs.launch("sh", "-c", script, image=images.image("tandem-python"), time_s=4), runs.stop, runs.heard
    )
    assert ending.by == "time"
    assert wait_until(lambda: "tandem-job-1" not in images.do("ps", "--all", "--format", "{{.Names}}"), 10)
