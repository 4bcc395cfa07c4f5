"""Alerts and dashboard speak of metrics that there are, in labels that those have."""

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fixtures.chart import NAMESPACE
from helpers.deploy_tools import CHECKOUT

#: What kube-state-metrics and the kubelet tell of every cluster.
OF_CLUSTERS = {
    "kube_pod_container_info",
    "kube_pod_container_status_restarts_total",
    "kube_pod_init_container_status_restarts_total",
    "container_memory_working_set_bytes",
}
#: What only the local platform tells.
OF_ONE_MACHINE = {
    "tandem_r_children_busy",
    "tandem_r_children_waiting",
    "tandem_r_memory_bytes",
    "tandem_store_bytes",
    "tandem_store_objects",
}
NAMES = re.compile(r"\b(?:tandem|kube|container)_[a-z_]+")
GATEWAY = {"gateway__enabled": True, "record__secret": "record"}


@pytest.fixture
def rules(chart):
    (group,) = chart.render(**GATEWAY, monitoring__alerts__enabled=True).one("PrometheusRule", "alerts")["spec"][
        "groups"
    ]
    return group["rules"]


@pytest.fixture
def dashboard(chart):
    return json.loads(
        chart.render(**GATEWAY, monitoring__dashboard__enabled=True).one("ConfigMap", "dashboard")["data"][
            "tandem.json"
        ]
    )


@pytest.fixture
def told(own_gateway):
    """The names of all samples that a gateway tells, and of the one that it tells in trouble alone."""
    own_gateway.start()
    kinds = {family.name: family.type for family in text_string_to_metric_families(own_gateway.get("/metrics").text)}
    assert '"tandem_part_away"' in (CHECKOUT / "python/src/tandem/gateway/metrics/collector.py").read_text()
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
    return {"tandem_part_away", *(f"{name}{suffix}" for name, kind in kinds.items() for suffix in suffixes[kind])}


def expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


def test_every_figure_that_is_asked_for_is_told_and_every_one_that_is_told_has_its_place(told, rules, dashboard):
    asked = {name for rule in rules for name in NAMES.findall(rule["expr"])}
    shown = {name for text in expressions(dashboard) for name in NAMES.findall(text)}

    assert (asked | shown) - OF_CLUSTERS <= told
    assert {name for name in told - shown if not name.endswith(("_count", "_sum"))} == OF_ONE_MACHINE


def test_the_alerts_that_matter_are_there(rules):
    assert {rule["alert"] for rule in rules} >= {
        "TandemRequestsWait",
        "TandemJobsWait",
        "TandemDeadLetters",
        "TandemJobDeadLetters",
        "TandemRequestsGivenUp",
        "TandemJobsGivenUp",
        "TandemRequestsFail",
        "TandemNobodyIsTold",
        "TandemGatewayAway",
        "TandemRestarts",
    }


def test_alerts_are_about_this_namespace_alone(rules):
    for rule in rules:
        selectors = re.findall(r"\{[^{}]*\}", rule["expr"])
        assert selectors
        assert all(f'namespace="{NAMESPACE}"' in selector for selector in selectors), rule["alert"]


def test_alerts_speak_of_labels_that_their_expressions_keep(rules):
    for rule in rules:
        named = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        kept = {label for group in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in re.split(r"[,\s]+", group)}
        of_a_pod = {"container", "pod"} if "kube_pod" in rule["expr"] else set()
        assert named <= kept | of_a_pod, rule["alert"]


def test_every_alert_says_what_is_wrong_and_what_to_do(rules):
    for rule in rules:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert {"summary", "description"} == set(rule["annotations"])


def test_the_restarts_of_r_are_looked_for_where_sidecars_are_counted(rules, chart):
    (rule,) = [rule for rule in rules if rule["alert"] == "TandemRestarts"]
    (sidecar,) = chart.render().one("Deployment", "worker")["spec"]["template"]["spec"]["initContainers"]

    assert re.search(rf'kube_pod_init_container_status_restarts_total\{{[^}}]*"{sidecar["name"]}"', rule["expr"])


def test_prometheus_is_led_to_the_gateway(chart):
    rendered = chart.render(
        **GATEWAY, monitoring__serviceMonitor__enabled=True, monitoring__serviceMonitor__labels={"by": "me"}
    )
    monitor, service = rendered.one("ServiceMonitor", "gateway"), rendered.one("Service", "gateway")

    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert (endpoint["path"], endpoint["port"]) == ("/metrics", service["spec"]["ports"][0]["name"])
    assert monitor["metadata"]["labels"]["by"] == "me"


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ({}, {"name": "tandem-gateway-token", "key": "TANDEM_ADMIN_TOKEN"}),
        (
            {"monitoring__serviceMonitor__tokenSecret": {"name": "metrics", "key": "reader"}},
            {"name": "metrics", "key": "reader"},
        ),
    ],
)
def test_prometheus_has_a_token(chart, values, secret):
    rendered = chart.render(**GATEWAY, monitoring__serviceMonitor__enabled=True, **values)

    (endpoint,) = rendered.one("ServiceMonitor", "gateway")["spec"]["endpoints"]
    assert endpoint["authorization"] == {"type": "Bearer", "credentials": secret}


def test_grafana_finds_the_dashboard_and_no_panel_lies_on_another(chart, dashboard):
    config = chart.render(**GATEWAY, monitoring__dashboard__enabled=True).one("ConfigMap", "dashboard")

    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    places = set()
    for panel in dashboard["panels"]:
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & places, panel["title"]
        places |= cells
        assert panel["type"] == "row" or panel["description"]
