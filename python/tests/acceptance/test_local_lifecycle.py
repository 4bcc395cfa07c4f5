"""The platform starts, stops and starts again, however roughly it is treated."""

import os
import signal
import time
from pathlib import Path

import pytest

from fixtures.platform import Home, wait_until
from tandem.local import ports
from tandem.local.supervision import control

#: Seconds in which everything has to have ended.
STOP_S = 10.0


def processes(home: Home) -> dict[str, int]:
    with control(home.layout) as supervisor:
        return {process.name: process.pid for process in supervisor.processes()}


def start(home: Home, experiments: str = "small") -> None:
    """Start it, unless it runs already as the test before has left it."""
    started = home.tandem("up", "--experiment", experiments)
    assert started.returncode == 0, started.stdout + started.stderr


@pytest.mark.parametrize("command", ["status", "restart --experiment absent", "submit GetNUmis"])
def test_without_a_platform_a_command_says_how_to_start_one(small_home: Home, command: str):
    answer = small_home.tandem(*command.split())
    assert answer.returncode == 2
    assert "up" in answer.stderr or "absent" in answer.stderr


def test_a_killed_part_comes_back(small_home: Home):
    start(small_home)
    before = processes(small_home)
    os.kill(before["worker-small"], signal.SIGKILL)
    assert wait_until(lambda: processes(small_home)["worker-small"] not in (0, before["worker-small"]), 10)
    asked = small_home.tandem("submit", "GetNUmis", "--wait")
    assert asked.returncode == 0, asked.stderr


def test_programs_whose_supervisor_was_killed_are_replaced(small_home: Home):
    start(small_home)
    orphans = set(processes(small_home).values())
    os.kill(int(small_home.layout.supervisor_pid.read_text()), signal.SIGKILL)
    assert "without a supervisor" in small_home.tandem("doctor").stdout
    start(small_home)
    assert not [pid for pid in orphans if Path(f"/proc/{pid}").exists()]


def test_what_does_not_listen_to_a_request_is_stopped_in_time_too(small_home: Home):
    start(small_home)
    for name, pid in processes(small_home).items():
        if name != "gateway":
            os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    small_home.tandem("down")
    assert time.monotonic() - began < STOP_S
    assert not small_home.processes()


def test_interrupting_run_stops_everything(small_home: Home):
    with small_home.attached("run") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
        process.wait(timeout=STOP_S)
    assert time.monotonic() - began < STOP_S
    assert "Stopped" in said
    assert not small_home.processes()


def test_another_experiment_is_started_beside_the_first_with_a_worker_and_an_r_service_of_its_own(small_home: Home):
    (small_home.layout.data / "twin").symlink_to(small_home.layout.data / "small")
    start(small_home, "small")
    before = processes(small_home)
    start(small_home, "twin")
    assert before.items() <= processes(small_home).items()
    assert set(processes(small_home)) == {
        "redis",
        "gateway",
        "runner",
        "r-small",
        "worker-small",
        "r-twin",
        "worker-twin",
    }
    for experiment in ("small", "twin"):
        asked = small_home.tandem("submit", "GetNUmis", "--experiment", experiment, "--wait")
        assert asked.returncode == 0, asked.stderr


def test_an_experiment_that_cannot_be_loaded_leaves_the_others_alone(small_home: Home):
    bad = small_home.layout.data / "bad"
    bad.mkdir()
    (bad / "cell_sets.json").write_text('{"cellSets": []}')
    (bad / "r.rds").write_bytes(b"no object at all")
    before = processes(small_home)
    failed = small_home.tandem("up", "--experiment", "bad")
    assert failed.returncode == 1
    assert "r-bad did not start" in failed.stderr
    assert processes(small_home) == before


def environment(pid: int) -> dict[str, str]:
    words = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def test_changed_settings_are_said_and_only_what_they_concern_starts_again(small_home: Home):
    start(small_home)
    first = processes(small_home)
    wanted = {"TANDEM_RUNNER_CPUS": "1", "TANDEM_RUNNER_MEMORY": "2000000000"}
    assert "TANDEM_RUNNER_CPUS" in small_home.tandem("doctor", **wanted).stdout

    again = small_home.tandem("up", "--experiment", "small", **wanted)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "TANDEM_RUNNER_CPUS, TANDEM_RUNNER_MEMORY" in again.stdout
    second = processes(small_home)
    assert {name for name, pid in second.items() if first[name] != pid} == {"runner"}
    assert environment(second["runner"]).items() >= wanted.items()

    without = small_home.tandem("up", "--experiment", "small")
    assert "TANDEM_RUNNER_CPUS, TANDEM_RUNNER_MEMORY" in without.stdout
    third = processes(small_home)
    assert {name for name, pid in third.items() if second[name] != pid} == {"runner"}
    assert not wanted.keys() & environment(third["runner"]).keys()
    assert "Changed" not in small_home.tandem("up", "--experiment", "small").stdout


def test_the_doctor_names_programs_that_cannot_be_used(small_home: Home):
    folder = small_home.layout.data / "programs" / "broken"
    folder.mkdir(parents=True)
    (folder / "program.toml").write_text('name = "broken"\ncommand = ["true"]\ncpus = "many"\n')
    said = small_home.tandem("doctor", TANDEM_PROGRAMS=str(folder.parent))
    assert said.returncode == 1, said.stdout
    assert "program broken" in said.stdout
    assert "cpus" in said.stdout
    assert "tandem program check broken" in said.stdout


def test_down_leaves_nothing_behind(small_home: Home):
    start(small_home, "small,twin")
    plan = small_home.plan
    assert len(small_home.processes()) >= 7
    assert "Stopped" in small_home.tandem("down").stdout
    assert not small_home.processes()
    assert all(ports.is_free(port) for port in (plan.redis_port, plan.gateway_port, *plan.r_ports.values()))
    assert small_home.tandem("status").returncode == 2


def test_deleted_data_are_gone_and_experiments_stay(small_home: Home):
    layout = small_home.layout
    shut = layout.jobs / "cache" / "programs" / "kept"
    shut.mkdir(parents=True, exist_ok=True)
    (shut / "main.py").touch()
    shut.chmod(0o500)
    setup = layout.log("setup-r")
    setup.touch()
    assert layout.record.exists()
    assert small_home.tandem("down", "--delete-data").returncode == 1  # nobody said yes
    assert layout.record.exists()
    assert small_home.tandem("down", "--delete-data", "-y").returncode == 0
    left = {path.name for path in layout.state.iterdir() if path.name not in ("r-library", "run")}
    assert left == {"logs"}
    assert list(layout.logs.iterdir()) == [setup]
    assert (small_home.layout.data / "small" / "r.rds").exists()


def test_a_gateway_that_others_reach_needs_a_token_before_it_starts(small_home: Home):
    refused = small_home.tandem("up", TANDEM_GATEWAY_HOST="0.0.0.0")
    assert refused.returncode == 1
    assert "tandem token create --role admin" in " ".join(refused.stderr.split())
    assert not small_home.processes()


def test_a_gateway_is_found_at_an_address_of_its_own(small_home: Home):
    assert small_home.tandem("token", "create", "--role", "admin").returncode == 0
    started = small_home.tandem("up", TANDEM_GATEWAY_HOST="127.0.0.2")
    assert started.returncode == 0, started.stdout + started.stderr
    assert small_home.plan.gateway_url.startswith("http://127.0.0.2:")
    assert "starting" not in small_home.tandem("status").stdout
    assert small_home.tandem("down").returncode == 0


def test_a_part_that_cannot_start_is_named_with_the_end_of_its_log(small_home: Home):
    (small_home.layout.data / "small" / "r.rds").write_bytes(b"no object at all")
    failed = small_home.tandem("up")
    assert failed.returncode == 1
    assert "r-small did not start" in failed.stderr
    assert not small_home.processes()
