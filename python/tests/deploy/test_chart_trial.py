"""Redis and PostgreSQL that come along, or those that are there."""

from urllib.parse import urlsplit

from fixtures.chart import NAMESPACE, containers, environment

TRIAL = {"trial__redis__enabled": True, "trial__postgresql__enabled": True}


def worker(rendered):
    return environment(containers(rendered.one("Deployment", "worker")["spec"]["template"])["worker"])


def test_everybody_is_told_where_they_are(chart):
    rendered = chart.render(**TRIAL)
    secret = rendered.one("Secret", "trial")

    for variable, service in (("REDIS_URL", "redis"), ("DATABASE_URL", "postgresql")):
        reference = worker(rendered)[variable]["secretKeyRef"]
        assert reference == {"name": secret["metadata"]["name"], "key": variable}
        address = urlsplit(secret["stringData"][variable])
        found = rendered.one("Service", service)
        assert address.hostname == f"{found['metadata']['name']}.{NAMESPACE}.svc"
        assert address.port == found["spec"]["ports"][0]["port"]
        assert address.password == secret["stringData"]["password"]


def test_services_lead_to_their_pods(chart):
    rendered = chart.render(**TRIAL)

    for kind, name in (("Deployment", "redis"), ("StatefulSet", "postgresql")):
        pod = rendered.one(kind, name)["spec"]["template"]
        service = rendered.one("Service", name)["spec"]
        assert service["selector"].items() <= pod["metadata"]["labels"].items()
        (port,) = containers(pod)[name]["ports"]
        assert (port["name"], port["containerPort"]) == (service["ports"][0]["targetPort"], service["ports"][0]["port"])


def test_the_password_stays_as_long_as_the_volume_that_it_opens(chart):
    secret = chart.render(**TRIAL).one("Secret", "trial")

    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert len(secret["stringData"]["password"]) == 32


def test_those_that_are_there_come_first(chart):
    told = worker(chart.render(**TRIAL, redis__secret="mine", redis__key="address", record__secret="theirs"))

    assert told["REDIS_URL"] == {"secretKeyRef": {"name": "mine", "key": "address"}}
    assert told["DATABASE_URL"] == {"secretKeyRef": {"name": "theirs", "key": "DATABASE_URL"}}


def test_without_either_nothing_is_made_up(chart):
    assert not {"REDIS_URL", "DATABASE_URL"} & set(worker(chart.render()))
