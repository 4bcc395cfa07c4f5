"""Runners in pods of their own, and Jobs of the cluster."""

import json

from fixtures.chart import NAMESPACE, containers, environment

RUNNER = {"runner__enabled": True, "record__secret": "record"}
JOBS = {**RUNNER, "runner__mode": "kubernetes", "networkPolicy__jobs": [{"cidr": "10.0.0.0/8", "port": 443}]}


def runner(rendered, pool="default"):
    return containers(rendered.one("Deployment", f"runner-{pool}")["spec"]["template"])["runner"]


def test_a_pool_is_a_deployment(chart):
    assert [one["metadata"]["name"] for one in chart.render(**RUNNER).all("Deployment")] == [
        "tandem-runner-default",
        "tandem-worker",
    ]


def test_pools_do_not_take_each_others_pods(chart):
    rendered = chart.render(**RUNNER, runner__pools__gpu__enabled=True)

    for pool in ("default", "gpu"):
        selector = rendered.one("Deployment", f"runner-{pool}")["spec"]["selector"]["matchLabels"]
        found = [name for name, pod in rendered.pods() if selector.items() <= pod["metadata"]["labels"].items()]
        assert found == [f"tandem-runner-{pool}"]


def test_a_pod_has_what_its_jobs_may_have_and_room_for_itself(chart):
    given = {"runner__pools__default__cpus": 3, "runner__pools__default__memory": "2Gi"}
    one = runner(chart.render(**RUNNER, **given))

    assert one["args"] == ["python", "-m", "tandem.jobs.runner"]
    assert environment(one)["TANDEM_RUNNER_CPUS"] == "3"
    assert environment(one)["TANDEM_RUNNER_MEMORY"] == str(2 * 1024**3)
    assert one["resources"]["limits"] == {"cpu": "3", "memory": "2560Mi"}


def test_gpus_have_a_pool_of_their_own(chart):
    rendered = chart.render(
        **RUNNER, runner__pools__gpu__enabled=True, runner__pools__gpu__placement__nodeSelector={"gpu": "yes"}
    )
    one, pod = runner(rendered, "gpu"), rendered.one("Deployment", "runner-gpu")["spec"]["template"]["spec"]

    assert environment(one)["TANDEM_RUNNER_QUEUES"] == "gpu"
    assert environment(one)["TANDEM_RUNNER_GPUS"] == one["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert pod["nodeSelector"] == {"gpu": "yes"}


def test_a_runner_of_processes_may_do_nothing_in_the_cluster(chart):
    rendered = chart.render(**RUNNER)

    assert [one["metadata"]["name"] for one in rendered.all("Role")] == ["tandem-worker"]
    assert "cluster-token" not in str(rendered.one("Deployment", "runner-default"))


def test_a_runner_of_jobs_may_do_what_it_asks_of_the_cluster(chart):
    rules = {rule["resources"][0]: set(rule["verbs"]) for rule in chart.render(**JOBS).one("Role", "runner")["rules"]}

    assert rules == {
        "jobs": {"create", "get", "list", "delete"},
        "pods": {"get", "list", "delete"},
        "pods/log": {"get"},
        "events": {"list"},
    }


def test_jobs_know_how_to_reach_store_and_record(chart):
    rendered = chart.render(**JOBS, images__registry="registry.test/", aws__accountId="123456789012")
    told = environment(runner(rendered))

    assert told["TANDEM_RUNNER_MODE"] == "kubernetes"
    assert told["TANDEM_JOB_IMAGE"] == "registry.test/tandem-python:0.1.0"
    assert told["TANDEM_JOB_NAMESPACE"] == NAMESPACE
    assert told["TANDEM_JOB_SECRET"] == "record"
    settings = rendered.one("ConfigMap", told["TANDEM_JOB_CONFIG_MAP"])["data"]
    assert (settings["AWS_ACCOUNT_ID"], settings["CLUSTER_ENV"]) == ("123456789012", "staging")
    assert rendered.one("ServiceAccount", told["TANDEM_JOB_SERVICE_ACCOUNT"])


def test_jobs_may_live_in_a_namespace_of_their_own(chart):
    rendered = chart.render(**JOBS, runner__jobs__namespace="jobs", runner__jobs__secret="env")

    assert environment(runner(rendered))["TANDEM_JOB_NAMESPACE"] == "jobs"
    assert environment(runner(rendered))["TANDEM_JOB_SECRET"] == "env"
    there = [
        (one["kind"], one["metadata"]["name"]) for one in rendered.objects if one["metadata"].get("namespace") == "jobs"
    ]
    assert {("Role", "tandem-runner"), ("RoleBinding", "tandem-runner")} <= set(there)
    assert {("ConfigMap", "tandem-jobs"), ("ServiceAccount", "tandem-jobs")} <= set(there)
    assert rendered.one("RoleBinding", "runner")["subjects"][0]["namespace"] == NAMESPACE


def test_jobs_with_gpus_go_where_gpus_are(chart):
    toleration = {"key": "nvidia.com/gpu", "operator": "Exists"}
    told = environment(
        runner(chart.render(**JOBS, runner__jobs__gpu={"nodeSelector": {"gpu": "yes"}, "tolerations": [toleration]}))
    )

    assert json.loads(told["TANDEM_JOB_GPU_NODES"]) == {"gpu": "yes"}
    assert json.loads(told["TANDEM_JOB_GPU_TOLERATIONS"]) == [toleration]


def test_jobs_open_the_registry_by_their_account(chart):
    rendered = chart.render(**JOBS, images__pullSecrets=["registry"])

    assert rendered.one("ServiceAccount", "jobs")["imagePullSecrets"] == [{"name": "registry"}]
    assert all(pod["spec"]["imagePullSecrets"] == [{"name": "registry"}] for _, pod in rendered.pods())
