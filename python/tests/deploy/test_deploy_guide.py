"""docs/deploy.md names values and commands that there are, and its arithmetic is right."""

import inspect
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.deploy_tools import tool
from tandem.queues import sqs

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "deploy.md").read_text()
CHART = ROOT / "chart-infra"
#: The prices and sizes that the guide assumes: of a vCPU-hour, a GB-hour and a node-hour; CPU and GiB of a node.
VCPU, GB, NODE, NODE_CPU, NODE_GIB = 0.04048, 0.004445, 0.8064, 15.5, 60
#: What Fargate offers to pods of so many vCPU: from, to, step, in GB; and what it takes of that.
OFFERS = {0.5: (1, 4, 1), 1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)}
FARGATE_GB = 0.25


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def values() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return read


def reaches(path: str, tree: Any) -> bool:
    """Whether a value is called so."""
    for name in path.split("."):
        if not isinstance(tree, dict) or name not in tree:
            return False
        tree = tree[name]
    return True


def cost_rows() -> list[list[str]]:
    """What pods request, how many a node has, what that costs, what Fargate makes of it, what that costs."""
    table = GUIDE.split("| pod requests |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("| ").split("|")] for row in table]


def test_the_values_that_it_names_are_the_chart_s() -> None:
    known = values()
    named = set(re.findall(r"`([a-zA-Z]+(?:\.[a-zA-Z]+)+)(?::[^`]*)?`", GUIDE))
    ours = {name for name in named if name.split(".")[0] in known and not name.endswith((".yaml", ".sh", ".localhost"))}

    assert len(ours) > 15
    assert {name for name in ours if not reaches(name, known)} == set()


def test_the_values_that_it_gives_install(tmp_path: Path) -> None:
    [given] = blocks("yaml")
    (tmp_path / "values.yaml").write_text(given)
    files = ["-f", str(CHART / "values-staging.yaml"), "-f", str(tmp_path / "values.yaml")]
    command = [tool("helm"), "template", "worker", str(CHART), *files]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    assert "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tandem-r:1.2.0" in rendered
    for role in ("worker", "gateway", "runner"):
        assert f"arn:aws:iam::123456789012:role/tandem-{role}" in rendered


def test_make_knows_its_targets() -> None:
    rules = re.findall(r"^([a-z -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets = set(" ".join(rules).split())
    named = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(blocks("sh"))))

    assert named - targets == set()


def test_a_worker_may_make_the_calls_to_its_queue_that_it_makes() -> None:
    policy = json.loads(next(block for block in blocks("json") if '"Requests"' in block))
    allowed = {action for part in policy["Statement"] for action in [part["Action"]] if isinstance(action, str)}
    allowed |= {action for part in policy["Statement"] if isinstance(part["Action"], list) for action in part["Action"]}
    calls = set(re.findall(r"_clients\.sqs\.(\w+)\(", inspect.getsource(sqs))) - {"create_queue", "send_message_batch"}

    assert calls
    assert {f"sqs:{''.join(word.title() for word in call.split('_'))}" for call in calls} <= allowed


def test_its_policies_are_json() -> None:
    assert all(json.loads(block)["Version"] == "2012-10-17" for block in blocks("json"))


def test_what_it_calls_measured_stands_among_the_measurements() -> None:
    measured = (ROOT / "docs" / "benchmarks.md").read_text()
    table = GUIDE.split("Measured, from")[1].split("So what sets the limit")[0]
    numbers = re.findall(r"\| *([\d.]+) (?:MB|s)\b", table)

    assert len(numbers) == 5
    assert all(re.search(rf"[| ]{re.escape(number)}(?: MB)?[ ;,|]", measured) for number in numbers)


@pytest.mark.parametrize("row", cost_rows(), ids=lambda row: row[0].partition(":")[0])
def test_its_prices_are_worked_out_right(row: list[str]) -> None:
    requests, pods, on_node, offer, on_fargate = row
    on_a_node, _, alone = requests.partition(";")
    cpu = float((re.findall(r"([\d.]+) CPU", on_a_node) or [0.25])[0])
    gib = float(re.findall(r"([\d.]+) GiB", on_a_node)[0])
    vcpu, gb = (float(number) for number in re.findall(r"[\d.]+", offer))
    wanted = float(re.findall(r"([\d.]+) GiB", alone or on_a_node)[0]) + FARGATE_GB

    assert int(pods) == int(min(NODE_CPU / cpu, NODE_GIB / gib))
    assert float(on_node) == round(NODE / int(pods), 3)
    assert (vcpu, gb) == min((size, least) for size in OFFERS if size >= cpu for least in fitting(size, wanted))
    assert float(on_fargate) == round(vcpu * VCPU + gb * GB, 3)


def fitting(vcpu: float, wanted: float) -> list[float]:
    """The smallest memory that Fargate offers with so many vCPU, if there is one."""
    first, last, step = OFFERS[vcpu]
    return [float(size) for size in range(first, last + 1, step) if size >= wanted][:1]
