"""The workflows of continuous integration: no more rights than each job needs, and nothing that may change unseen."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.deploy_tools import tool

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
#: An action, by the commit of the version that the comment tells.
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d[\w.]*$")
#: What everybody may do anyway, and what a role of AWS is lent for.
HARMLESS = {"contents": "read"}
LENT_A_ROLE = HARMLESS | {"id-token": "write"}


@pytest.fixture(scope="module", params=FILES, ids=[file.stem for file in FILES])
def workflow(request: pytest.FixtureRequest) -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load(request.param.read_text())
    # YAML takes the key `on` for a truth.
    return read | {"on": read.pop(True), "text": request.param.read_text()}


def jobs(workflow: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow["jobs"]
    return found


def steps_using(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [step for step in job["steps"] if step.get("uses", "").startswith(action)]


def runs_for_pull_requests(workflow: dict[Any, Any], job: dict[str, Any]) -> bool:
    return "pull_request" in workflow["on"] and "github.event_name == 'push'" not in job.get("if", "")


def test_there_are_workflows_of_changes_and_of_releases() -> None:
    assert [file.stem for file in FILES] == ["ci", "release"]


def test_every_action_is_pinned(workflow: dict[Any, Any]) -> None:
    lines = [line for line in workflow["text"].splitlines() if "uses:" in line]

    assert lines
    assert [line for line in lines if not PINNED.search(line)] == []


def test_rights_are_the_least(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == HARMLESS
    for job in jobs(workflow).values():
        wanted = LENT_A_ROLE if steps_using(job, "aws-actions/configure-aws-credentials") else HARMLESS
        assert job.get("permissions", HARMLESS) == wanted
        assert all(step["with"]["persist-credentials"] is False for step in steps_using(job, "actions/checkout"))


def test_pull_requests_see_no_secret_and_get_no_role(workflow: dict[Any, Any]) -> None:
    assert "pull_request_target" not in workflow["on"]
    for job in jobs(workflow).values():
        if runs_for_pull_requests(workflow, job):
            assert "secrets." not in yaml.safe_dump(job)
            assert job.get("permissions", HARMLESS) == HARMLESS


def test_keys_of_aws_are_lent_and_never_kept(workflow: dict[Any, Any]) -> None:
    lent = [step for job in jobs(workflow).values() for step in steps_using(job, "aws-actions/configure-aws")]

    assert lent
    assert all(set(step["with"]) == {"role-to-assume", "aws-region"} for step in lent)


def test_no_text_of_strangers_becomes_a_command(workflow: dict[Any, Any]) -> None:
    commands = [step["run"] for job in jobs(workflow).values() for step in job["steps"] if "run" in step]

    assert [command for command in commands if "${{" in command] == []


def test_no_job_runs_for_ever_or_twice(workflow: dict[Any, Any]) -> None:
    assert workflow["concurrency"]["group"].endswith("${{ github.ref }}")
    assert all(0 < job["timeout-minutes"] <= 90 for job in jobs(workflow).values())


def test_make_knows_the_targets(workflow: dict[Any, Any]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"run: make ([a-z-]+)", workflow["text"]))
    chosen = set(re.findall(r"target: (test-[a-z]+)", workflow["text"]))

    assert named | chosen <= targets


def test_nothing_is_pushed_that_was_not_tested() -> None:
    [ci] = [yaml.safe_load(file.read_text()) for file in FILES if file.stem == "ci"]

    assert set(ci["jobs"]["push"]["needs"]) == set(ci["jobs"]) - {"push"}


def test_every_image_is_built_listed_and_scanned() -> None:
    [ci] = [yaml.safe_load(file.read_text()) for file in FILES if file.stem == "ci"]
    built = set(ci["jobs"]["images"]["strategy"]["matrix"]["image"])
    described = dict(re.findall(r'target "(\w+)" \{\n  inherits .*\n  dockerfile = "(.*)"', images_file()))

    assert built == set(described) == {"r", "python", "gateway"}
    assert set(re.findall(r'target += "(\w+)"', images_file())) == {"prod", "gateway"}
    assert steps_using(ci["jobs"]["images"], "anchore/sbom-action")
    assert steps_using(ci["jobs"]["images"], "anchore/scan-action")


def test_the_chart_passes_what_its_job_does() -> None:
    [ci] = [yaml.safe_load(file.read_text()) for file in FILES if file.stem == "ci"]
    [step] = [step for step in ci["jobs"]["chart"]["steps"] if "helm lint" in step.get("run", "")]
    told = {**os.environ, "PATH": f"{Path(tool('helm')).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-euc", step["run"]], cwd=ROOT, env=told, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("::group::") > 3


@pytest.mark.parametrize("dockerfile", ["r/Dockerfile", "python/Dockerfile"])
def test_the_stages_that_are_built_exist(dockerfile: str) -> None:
    wanted = set(re.findall(rf'dockerfile = "{dockerfile}"\n  target     = "(\w+)"', images_file()))
    stages = set(re.findall(r"^FROM .* AS (\w+)$", (ROOT / dockerfile).read_text(), re.MULTILINE))

    assert wanted
    assert wanted <= stages


@pytest.mark.parametrize("tag", ["v1.2.0", "1.2.0"])
def test_a_release_writes_values_that_the_chart_knows(tmp_path: Path, tag: str) -> None:
    [release] = [yaml.safe_load(file.read_text()) for file in FILES if file.stem == "release"]
    [step] = [step for step in release["jobs"]["promote"]["steps"] if "values.yaml" in step.get("run", "")]
    told = {**os.environ, "REGISTRY": "1.dkr.ecr.eu-west-1.amazonaws.com/", "VERSION": tag}
    subprocess.run(["bash", "-euc", step["run"]], cwd=tmp_path, env=told, check=True, timeout=10)

    written = yaml.safe_load((tmp_path / "values.yaml").read_text())["images"]
    known = yaml.safe_load((ROOT / "chart-infra" / "values.yaml").read_text())["images"]
    assert written == {"registry": "1.dkr.ecr.eu-west-1.amazonaws.com/", "tag": "1.2.0"}
    assert set(written) <= set(known)


def images_file() -> str:
    return (ROOT / ".github" / "images.hcl").read_text()
