"""Every values file makes objects that Helm, the schemas of Kubernetes and people can read."""

import runpy
import subprocess
import sys

import pytest
import yaml

from fixtures.chart import EVERYTHING, FOLDER, PLACES
from helpers.deploy_tools import CHECKOUT, tool

#: Kinds that come with operators; what they look like is asked elsewhere.
OF_OPERATORS = {"ScaledObject", "TriggerAuthentication", "ServiceMonitor", "PrometheusRule"}
#: The Kubernetes whose schemas are asked.
VERSION = "1.33"
#: What people read and write, by hand.
WRITTEN = [*FOLDER.glob("*.yaml"), *FOLDER.glob("monitoring/*.yaml")]
#: Further ways to install it.
WAYS = {
    "everything": EVERYTHING,
    "process": {**EVERYTHING, "runner__mode": "process"},
    "keda": {"worker__assignment": "fixed", "worker__experimentId": "e1", "worker__scaling__by": "keda"},
    "hpa": {
        "worker__assignment": "fixed",
        "worker__experimentId": "e1",
        "worker__scaling__by": "hpa",
        "worker__scaling__minReplicas": 1,
    },
    "gateway alone": {"worker__enabled": False, "gateway__enabled": True, "record__secret": "record"},
    "volume": {"worker__data__claim": "experiments", "images__pullSecrets": ["registry"]},
}


def check_schemas(rendered, tmp_path) -> None:
    file = tmp_path / "objects.yaml"
    file.write_text(yaml.safe_dump_all([one for one in rendered.objects if one["kind"] not in OF_OPERATORS]))
    command = [tool("kubernetes-validate"), "--strict", "--quiet", "-k", VERSION, file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("place", PLACES)
def test_helm_has_nothing_to_say(chart, place):
    done = chart.lint(place)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("place", PLACES)
def test_objects_are_those_of_kubernetes(chart, place, tmp_path):
    check_schemas(chart.render(place), tmp_path)


@pytest.mark.parametrize("way", WAYS)
def test_objects_of_other_ways_are_too(chart, way, tmp_path):
    check_schemas(chart.render(**WAYS[way]), tmp_path)


@pytest.mark.parametrize("place", PLACES)
def test_no_two_objects_are_one(chart, place):
    names = [
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in chart.render(place).objects
    ]

    assert len(names) == len(set(names))


def test_rendered_text_has_no_loose_ends(chart):
    lines = chart.everything().text.splitlines()

    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_written_yaml_is_tidy(path):
    lines = path.read_text().splitlines()

    assert lines[0] == "---"
    assert [line for line in lines if line != line.rstrip() or "\t" in line or len(line) > 80] == []


def test_the_readme_is_what_the_values_say():
    done = subprocess.run(
        [sys.executable, CHECKOUT / "scripts" / "chart_readme.py", "--check"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


def test_a_value_without_a_comment_is_noticed():
    module = runpy.run_path(str(CHECKOUT / "scripts" / "chart_readme.py"))

    with pytest.raises(module["Undocumented"], match=r"yaml:4: a comment is missing above a\.c"):
        module["values_of"]("a:\n  # -- Explained.\n  b: 1\n  c: 2\n")
