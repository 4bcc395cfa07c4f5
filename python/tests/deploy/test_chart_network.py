"""Who may speak to whom."""

from fixtures.chart import NAMESPACE


def policy(rendered, name):
    return rendered.one("NetworkPolicy", name)["spec"]


def chosen(rendered, name):
    """The names of what makes the pods that a policy is about."""
    wanted = policy(rendered, name)["podSelector"]["matchLabels"].items()
    return [maker for maker, pod in rendered.pods() if wanted <= pod["metadata"]["labels"].items()]


def test_nothing_reaches_a_worker_or_a_runner(chart):
    rendered = chart.everything()

    for name, makers in (("worker", ["tandem-worker"]), ("runner", ["tandem-runner-default", "tandem-runner-gpu"])):
        assert policy(rendered, name)["policyTypes"] == ["Ingress"]
        assert policy(rendered, name)["ingress"] == []
        assert chosen(rendered, name) == makers


def test_the_gateway_is_reached_at_its_port_alone(chart):
    rendered = chart.everything()

    assert policy(rendered, "gateway")["ingress"] == [{"ports": [{"port": "http", "protocol": "TCP"}]}]
    assert chosen(rendered, "gateway") == ["tandem-gateway"]


def test_the_gateway_may_be_kept_to_some(chart):
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
    (rule,) = policy(chart.everything(networkPolicy__gatewayFrom=[peer]), "gateway")["ingress"]

    ours, given = rule["from"]
    assert given == peer
    assert ours["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "tandem"


def test_parts_of_the_trial_are_reached_by_this_release_alone(chart):
    rendered = chart.everything()

    for name in ("redis", "postgresql"):
        (rule,) = policy(rendered, name)["ingress"]
        assert rule["ports"] == [{"port": name, "protocol": "TCP"}]
        assert rule["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "tandem"
        assert chosen(rendered, name) == [f"tandem-{name}"]


def test_jobs_without_network_reach_store_and_record_alone(chart):
    from tandem.jobs.cluster.manifest import JOB

    rendered = chart.everything()
    shut, heard = policy(rendered, "jobs-shut"), policy(rendered, "jobs")

    assert shut["podSelector"] == {"matchLabels": {"tandem/network": "none"}}
    assert shut["policyTypes"] == ["Egress"]
    names, store, record = shut["egress"]
    assert {one["port"] for one in names["ports"]} == {53}
    assert store == {"ports": [{"port": 443, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    assert record["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "postgresql"
    assert heard["podSelector"] == {"matchExpressions": [{"key": JOB, "operator": "Exists"}]}
    assert heard["ingress"] == []


def test_policies_of_jobs_are_where_jobs_are(chart):
    rendered = chart.everything(runner__jobs__namespace="jobs", runner__jobs__secret="env")

    for name in ("jobs", "jobs-shut"):
        assert rendered.one("NetworkPolicy", name)["metadata"]["namespace"] == "jobs"
    assert NAMESPACE != "jobs"


def test_policies_can_be_left_to_others(chart):
    assert chart.everything(networkPolicy__enabled=False).all("NetworkPolicy") == []
