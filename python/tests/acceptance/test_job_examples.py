"""The example jobs that ship: each by the command that docs/jobs.md gives, with what is expected of it."""

import json
import re
import shlex
import time

import httpx
import pytest

from fixtures.platform import ROOT, Home

GUIDE = (ROOT / "docs" / "jobs.md").read_text()
#: Programs, the command that runs them, and what comes of it.
TABLE = re.findall(r"^\| `([a-z0-9_`, ]+)` \| `(.+?)` \| (.+) \|$", GUIDE, re.MULTILINE)
EXPECTED = ROOT / "data" / "programs"


@pytest.fixture(scope="module")
def home(demo_home: Home) -> Home:
    """A home whose platform serves the demo, too."""
    started = demo_home.tandem("up")
    assert started.returncode == 0, started.stdout + started.stderr
    return demo_home


def command_of(program: str, part: str = "") -> str:
    """The command that the docs give for a program."""
    found = [command for name, command, _ in TABLE if name.startswith(program) and part in command]
    assert found, f"{program} {part}"
    return found[0]


def typed(home: Home, command: str, expected: int = 0) -> str:
    """What a command prints that is typed as it stands there."""
    words = shlex.split(command.replace("data/programs", str(EXPECTED)).removeprefix("./tandem "))
    done = home.tandem(*words)
    assert done.returncode == expected, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def result(home: Home, job: str, path: str) -> str:
    """One of a job's results."""
    return httpx.get(f"{home.plan.gateway_url}/jobs/{job}/results/{path}").raise_for_status().text


def test_every_example_is_tried_here():
    ships = {path.parent.name for path in EXPECTED.glob("*/program.toml")}
    told = {name for names, _, _ in TABLE for name in names.replace("`", "").split(", ")}
    assert told | {"model1_sum"} == ships


def test_seconds_are_counted(home: Home):
    job = typed(home, command_of("sleep_count"))
    assert result(home, job, "output.txt").strip() == "output"


def test_a_sweep_is_summed_up_to_510(home: Home):
    group = typed(home, command_of("model1", "--reduce"))
    reducer = httpx.get(f"{home.plan.gateway_url}/groups/{group}").json()["reduceJob"]
    assert json.loads(result(home, reducer, "sum.json"))["sum"] == 510


def test_nine_jobs_make_a_table(home: Home):
    submit, table = command_of("model1", "b=1,2,3").split(" && ")
    typed(home, submit)
    assert typed(home, table).count("COMPLETE") == 9


def test_irises_are_told_apart_on_two_folds_and_otherwise_by_another_classifier(home: Home):
    first = typed(home, command_of("iris", "example"))
    other = typed(home, command_of("iris", "other"))

    def predictions(group: str) -> list[str]:
        jobs = httpx.get(f"{home.plan.gateway_url}/jobs", params={"group": group}).json()["items"]
        return [result(home, job["id"], "predictions.csv") for job in sorted(jobs, key=lambda job: job["tags"]["fold"])]

    mine, theirs = predictions(first), predictions(other)
    assert mine[0] == (EXPECTED / "iris" / "expected" / "predictions.csv").read_text()
    assert all(len(text.splitlines()) == 76 for text in (*mine, *theirs))
    assert mine != theirs


def test_components_are_found_here_and_from_a_bucket(home: Home):
    job = typed(home, command_of("pca", "submit"))
    files = {one["path"] for one in httpx.get(f"{home.plan.gateway_url}/jobs/{job}/results").json()["items"]}
    assert {"components.npy", "transformed.npy", "explained_variance.csv", "scree.png"} <= files

    said = typed(home, command_of("pca", "--cloud"))

    assert ".complete" in said


def test_an_experiment_is_read_and_gets_cell_sets_back(home: Home):
    job = typed(home, command_of("cluster_means"))
    assert result(home, job, "means.csv").count("\n") > 1000
    classes = httpx.get(f"{home.plan.gateway_url}/v2/experiments/demo/cellSets").json()["cellSets"]
    [made] = [one for one in classes if one["key"] == "total-counts"]
    assert sum(len(child["cellIds"]) for child in made["children"]) == 559


def test_minutes_of_work_can_be_looked_at_and_ended(home: Home):
    job = typed(home, command_of("long_run"))
    url = f"{home.plan.gateway_url}/jobs/{job}"
    deadline = time.monotonic() + 30
    while not httpx.get(url).json()["progress"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    typed(home, f"./tandem job kill {job}")
    typed(home, f"./tandem job wait {job}", expected=1)
    assert httpx.get(url).json()["state"] == "KILLED"


def test_the_stubborn_are_ended_with_all_that_they_started(home: Home):
    submit = re.search(r"\$\((.+?)\)", command_of("stubborn"))
    assert submit
    job = typed(home, submit[1])
    url = f"{home.plan.gateway_url}/jobs/{job}"
    deadline = time.monotonic() + 30
    while httpx.get(url).json()["state"] != "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)
    typed(home, f"./tandem job kill {job}")
    typed(home, f"./tandem job wait {job}", expected=1)
    assert httpx.get(url).json()["state"] == "KILLED"


def test_a_million_lines_leave_a_small_log(home: Home):
    job = typed(home, command_of("chatty"))
    lines = httpx.get(f"{home.plan.gateway_url}/jobs/{job}/log", params={"limit": 10_000}).json()["items"]
    assert 0 < len(lines) < 1000


@pytest.mark.parametrize(("program", "code"), [("filler", "DISK_FULL"), ("hungry", "OUT_OF_MEMORY")])
def test_what_goes_beyond_its_limits_fails_by_them(home: Home, program: str, code: str):
    job = typed(home, command_of("filler").replace("filler", program), expected=1)
    assert httpx.get(f"{home.plan.gateway_url}/jobs/{job}").json()["errorCode"] == code
