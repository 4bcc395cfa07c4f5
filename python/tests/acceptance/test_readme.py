"""What the README tells people to type works, and the analyses it lists are those there are."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures.platform import ROOT, Home
from tandem.cli.body_options import described
from tandem.tasks.catalogue import CATALOGUE

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def commands(beginning: str) -> list[str]:
    return [command for command in COMMANDS if command.startswith(beginning)]


def test_every_command_is_of_a_kind_that_is_tried_here():
    assert sorted(COMMANDS) == sorted(commands("make ") + commands("./tandem ") + commands("R_LIBS="))
    assert "make run EXPERIMENT_ID=demo" in COMMANDS
    assert "make test" in COMMANDS


@pytest.mark.parametrize("command", dict.fromkeys(commands("make ")))
def test_make_knows_the_target(command: str):
    planned = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert planned.returncode == 0, planned.stderr


def test_what_make_run_and_its_kin_call_is_a_command(demo_home: Home):
    called = set(re.findall(r"(?:\$\(tandem\)|scripts/platform) ([a-z]+)", (ROOT / "Makefile").read_text()))
    known = demo_home.tandem("--help").stdout
    assert {"run", "up", "down", "restart", "status", "logs", "doctor"} <= called
    assert all(f"\n  {name} " in known for name in called)


@pytest.mark.parametrize("command", commands("./tandem "))
def test_a_command_line_works(demo_home: Home, command: str):
    words = shlex.split(command.replace("path/to/counts", str(ROOT / "data/demo")))[1:]
    answer = demo_home.tandem(*words)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout or answer.stderr


@pytest.mark.parametrize("command", commands("R_LIBS="))
def test_an_experiment_is_made_from_counts_or_from_an_object(demo_home: Home, r_library: Path, command: str):
    mine = demo_home.layout.data / "mine"
    if "write_cell_sets" in command:
        shutil.rmtree(mine, ignore_errors=True)
        mine.mkdir()
        shutil.copy(demo_home.layout.data / "demo" / "r.rds", mine)
    made = command.replace("path/to/10x", "data/demo").replace(".tandem/r-library", str(r_library))
    subprocess.run(made, shell=True, cwd=demo_home.layout.home, check=True, timeout=100)  # noqa: S602  # as a person types it
    assert (mine / "cell_sets.json").exists()


def test_every_analysis_is_listed():
    listed = re.findall(r"^\| `(\w+)`", README, re.MULTILINE)
    assert sorted(listed) == sorted(CATALOGUE)


def test_every_option_that_is_named_exists():
    for name, options in re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|", README, re.MULTILINE):
        named = {option.removeprefix("--").replace("-", "_") for option in re.findall(r"`(--[a-z-]+)`", options)}
        assert named <= {option.strip("-").replace("-", "_") for option, _ in described(CATALOGUE[name])}


def test_the_pages_it_leads_to_are_there():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).is_file(), target
