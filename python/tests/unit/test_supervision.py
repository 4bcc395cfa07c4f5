"""Supervisor reads from our configuration what we meant, also where paths are odd."""

import sys
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from tandem.local.layout import Layout
from tandem.local.plan import Plan
from tandem.local.programs import programs_of
from tandem.local.supervision import render

PLAN = Plan(redis_port=7001, gateway_port=7002, r_ports={"a.1": 7003, "b_2": 7004})
GIVEN = {"TANDEM_RUNNER_CPUS": "1.5", "TANDEM_MODEL_KEY": "50%; it's,#1 = a\\b", "TANDEM_CONCURRENCY": "3"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    home = tmp_path / "my home, (really)"
    layout = Layout(home=home, data=home / "data", scratch=tmp_path)
    layout.make_folders()
    return layout


@pytest.fixture
def understood(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> ServerOptions:
    """The configuration as supervisor itself reads it."""
    monkeypatch.setattr(sys, "argv", ["supervisord"])
    layout.supervisor_config.write_text(render(layout, programs_of(layout, PLAN, GIVEN)))
    options = ServerOptions()
    options.realize(["--configuration", str(layout.supervisor_config)])
    return options


def programs(options):
    return {program.name: program for group in options.process_group_configs for program in group.process_configs}


def test_the_threads_of_the_gateway_share_one_heap(understood):
    assert programs(understood)["gateway"].environment["MALLOC_ARENA_MAX"] == "1"


def test_all_parts_are_kept_alive(understood):
    found = programs(understood)
    assert set(found) == {"redis", "gateway", "runner", "r-a.1", "worker-a.1", "r-b_2", "worker-b_2"}
    assert all(program.autorestart and program.killasgroup for program in found.values())


def test_paths_arrive_as_they_are(understood, layout):
    found = programs(understood)
    assert found["worker-a.1"].environment["TANDEM_HOME"] == str(layout.home)
    assert found["worker-a.1"].directory == str(layout.home)
    assert str(layout.r_library / "tandem" / "serve.R") in found["r-b_2"].command


def test_r_is_told_its_experiment_and_port(understood):
    told = programs(understood)["r-b_2"].environment
    assert told["EXPERIMENT_ID"] == "b_2"
    assert told["TANDEM_R_PORT"] == "7004"
    assert told["TANDEM_R_HOST"] == "127.0.0.1"


def test_a_worker_reports_in_a_file_of_its_own(understood, layout):
    told = programs(understood)["worker-a.1"].environment
    assert told["TANDEM_STATUS_FILE"] == str(layout.worker_status("a.1"))
    assert told["IGNORE_TIMEOUT"] == "true"


def test_settings_arrive_as_they_are_at_those_they_concern(understood):
    told = {name: program.environment for name, program in programs(understood).items()}
    assert told["worker-a.1"]["TANDEM_MODEL_KEY"] == GIVEN["TANDEM_MODEL_KEY"]
    assert "TANDEM_MODEL_KEY" not in told["runner"]
    assert told["runner"]["TANDEM_RUNNER_CPUS"] == "1.5"
    assert "TANDEM_RUNNER_CPUS" not in told["gateway"]
    assert told["r-b_2"]["TANDEM_CHILDREN"] == "3"
