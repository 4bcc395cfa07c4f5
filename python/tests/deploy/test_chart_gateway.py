"""The gateway: how it is reached, what it may do, and what comes before it."""

import base64

import pytest

from fixtures.chart import NAMESPACE, containers, environment

GATEWAY = {"gateway__enabled": True, "record__secret": "record"}
INGRESS = {"gateway__ingress__enabled": True, "gateway__ingress__host": "tandem.test"}


def told(rendered):
    return environment(containers(rendered.one("Deployment", "gateway")["spec"]["template"])["gateway"])


def test_others_can_reach_it(chart):
    rendered = chart.render(**GATEWAY)
    service = rendered.one("Service", "gateway")["spec"]
    pod = rendered.one("Deployment", "gateway")["spec"]["template"]

    assert told(rendered)["TANDEM_GATEWAY_HOST"] == "0.0.0.0"
    assert service["selector"].items() <= pod["metadata"]["labels"].items()
    (port,) = containers(pod)["gateway"]["ports"]
    assert (port["name"], str(port["containerPort"])) == ("http", told(rendered)["TANDEM_GATEWAY_PORT"])
    assert service["ports"] == [{"name": "http", "port": 80, "targetPort": "http"}]


def test_an_ingress_leads_to_it(chart):
    rendered = chart.render(**GATEWAY, **INGRESS, gateway__ingress__tlsSecret="certificate")
    spec = rendered.one("Ingress", "gateway")["spec"]

    assert spec["tls"] == [{"hosts": ["tandem.test"], "secretName": "certificate"}]
    (rule,) = spec["rules"]
    assert rule["host"] == told(rendered)["TANDEM_GATEWAY_HOSTS"] == "tandem.test"
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": rendered.one("Service", "gateway")["metadata"]["name"], "port": {"name": "http"}}


def test_it_has_an_administrator_from_the_start(chart):
    made = chart.render(**GATEWAY)
    given = chart.render(**GATEWAY, gateway__adminToken__secret="mine", gateway__adminToken__key="token")

    key = told(made)["TANDEM_ADMIN_TOKEN"]["secretKeyRef"]
    token = base64.b64decode(made.one("Secret", key["name"])["data"][key["key"]]).decode()
    assert token.startswith("tandem_")
    assert len(token) >= 48
    assert told(given)["TANDEM_ADMIN_TOKEN"]["secretKeyRef"] == {"name": "mine", "key": "token"}
    assert given.all("Secret") == []


def test_it_may_assign_spare_workers(chart):
    rendered = chart.render(**GATEWAY)
    rules = {rule["resources"][0]: rule["verbs"] for rule in rendered.one("Role", "gateway")["rules"]}

    assert told(rendered)["TANDEM_ASSIGN_NAMESPACE"] == NAMESPACE
    assert rules == {
        "pods": ["get", "list", "watch", "patch"],
        "deployments": ["get", "list"],
        "deployments/scale": ["get", "patch"],
    }


@pytest.mark.parametrize(
    "values",
    [
        {"gateway__assigns": False},
        {"worker__enabled": False},
        {"worker__assignment": "fixed", "worker__experimentId": "e1"},
    ],
)
def test_it_does_not_where_there_is_nothing_to_assign(chart, values):
    rendered = chart.render(**GATEWAY, **values)

    assert "TANDEM_ASSIGN_NAMESPACE" not in told(rendered)
    assert "tandem-gateway" not in [one["metadata"]["name"] for one in rendered.all("Role")]
    assert "cluster-token" not in str(rendered.one("Deployment", "gateway"))


def test_workers_change_cell_sets_where_the_platform_is(chart):
    ours, theirs = chart.render(**GATEWAY), chart.render(**GATEWAY, gateway__assigns=False)

    def worker(rendered):
        return environment(containers(rendered.one("Deployment", "worker")["spec"]["template"])["worker"])

    assert worker(ours)["TANDEM_API_URL"] == f"http://tandem-gateway.{NAMESPACE}.svc:80"
    assert "TANDEM_API_URL" not in worker(theirs)


def test_the_record_is_brought_up_to_date_before_anything_starts(chart):
    job = chart.render(**GATEWAY, record__key="url").one("Job", "migrations")
    (container,) = containers(job["spec"]["template"]).values()

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert container["args"] == ["python", "-m", "tandem.records"]
    assert environment(container)["DATABASE_URL"] == {"secretKeyRef": {"name": "record", "key": "url"}}


def test_what_comes_before_needs_nothing_of_the_release(chart):
    rendered = chart.everything(record__secret="record")
    hooks = [one for one in rendered.objects if "helm.sh/hook" in one["metadata"].get("annotations", {})]
    later = {one["metadata"]["name"] for one in rendered.all("Secret") + rendered.all("ServiceAccount")}

    assert [one["metadata"]["name"] for one in hooks] == ["tandem-migrations"]
    assert not [name for name in later if f"'{name}'" in str(hooks[0]["spec"])]


def test_a_record_that_comes_along_is_not_waited_for(chart):
    """Before an installation there is none."""
    assert chart.render(gateway__enabled=True, trial__postgresql__enabled=True).all("Job") == []


def test_several_gateways_keep_clients_that_poll(chart):
    assert "sessionAffinity" not in chart.render(**GATEWAY).one("Service", "gateway")["spec"]
    several = chart.render(**GATEWAY, gateway__replicas=2).one("Service", "gateway")["spec"]
    assert several["sessionAffinity"] == "ClientIP"


def test_pages_and_proxies_of_others_are_named(chart):
    given = {"gateway__corsOrigins": ["https://a.test", "https://b.test"], "gateway__trustedProxies": ["10.0.0.0/8"]}
    known = told(chart.render(**GATEWAY, **given))

    assert known["TANDEM_CORS_ORIGINS"] == "https://a.test,https://b.test"
    assert known["FORWARDED_ALLOW_IPS"] == "10.0.0.0/8"
