"""The worker's pod is what platforms of the contract, the worker and R expect."""

import hashlib

import pytest

from fixtures.chart import PLACES, containers, environment

#: Kubernetes takes `experimentId` away from nobody: it lets the pod go.
FREE = [{"key": "experimentId", "operator": "DoesNotExist"}]


def deployment(rendered):
    return rendered.one("Deployment", "worker")


def pod(rendered):
    return deployment(rendered)["spec"]["template"]


def test_a_spare_pod_waits_for_its_labels(chart):
    spec = deployment(chart.render(sandboxId="box"))["spec"]

    assert spec["selector"]["matchExpressions"] == FREE
    assert spec["selector"]["matchLabels"]["sandboxId"] == "box"
    labels = spec["template"]["metadata"]["labels"]
    assert (labels["type"], labels["sandboxId"]) == ("worker", "box")
    assert not {"experimentId", "workQueueHash", "run"} & set(labels)


def test_a_labelled_pod_is_no_longer_the_deployments(chart):
    spec = deployment(chart.render())["spec"]
    labels = spec["template"]["metadata"]["labels"]

    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert all(rule["key"] not in labels for rule in spec["selector"]["matchExpressions"])


def test_the_release_of_platforms_has_the_deployment_that_they_know(chart):
    rendered = chart.render(fullname="worker")

    assert rendered.one("Deployment", "worker")["metadata"]["name"] == "worker"
    assert rendered.one("ServiceAccount", "worker")


def test_it_runs_without_a_gateway_and_without_a_record(chart):
    rendered = chart.render()

    told = environment(containers(pod(rendered))["worker"])
    assert "TANDEM_API_URL" not in told
    assert "DATABASE_URL" not in told
    assert [one["metadata"]["name"] for one in rendered.all("Deployment")] == ["tandem-worker"]


def test_labels_reach_both_containers(chart):
    spec = pod(chart.render())["spec"]
    (volume,) = [one for one in spec["volumes"] if "downwardAPI" in one]

    assert volume["downwardAPI"]["items"] == [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
    for one in containers({"spec": spec}).values():
        assert {"name": "podinfo", "mountPath": "/etc/podinfo", "readOnly": True} in one["volumeMounts"]
        assert environment(one)["TANDEM_LABELS"] == "/etc/podinfo/labels"


def test_the_worker_is_told_where_it_is(chart):
    given = {"k8sEnv": "production", "clusterEnv": "production", "sandboxId": "box", "aws__accountId": "123456789012"}
    told = environment(containers(pod(chart.render(redis__secret="redis", record__secret="record", **given)))["worker"])

    assert (told["K8S_ENV"], told["CLUSTER_ENV"], told["SANDBOX_ID"]) == ("production", "production", "box")
    assert (told["AWS_DEFAULT_REGION"], told["AWS_ACCOUNT_ID"]) == ("eu-west-1", "123456789012")
    assert told["REDIS_URL"] == {"secretKeyRef": {"name": "redis", "key": "REDIS_URL"}}
    assert told["DATABASE_URL"] == {"secretKeyRef": {"name": "record", "key": "DATABASE_URL"}}


def test_r_is_there_before_python_and_ends_after_it(chart):
    spec = pod(chart.render())["spec"]

    assert [(one["name"], one["restartPolicy"]) for one in spec["initContainers"]] == [("worker-r", "Always")]
    assert [one["name"] for one in spec["containers"]] == ["worker"]


def test_r_is_given_no_keys_of_aws(chart):
    told = chart.render(aws__keysSecret="keys")
    template = pod(told)

    assert template["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"] == "worker-r"
    assert "AWS_ACCESS_KEY_ID" in environment(containers(template)["worker"])
    assert not [name for name in environment(containers(template)["worker-r"]) if name.startswith("AWS")]


@pytest.mark.parametrize("grace", [25, 7, 300])
def test_the_pod_gets_longer_than_the_worker_takes(chart, grace):
    template = pod(chart.render(worker__graceSeconds=grace))

    assert environment(containers(template)["worker"])["TANDEM_GRACE"] == str(grace)
    assert template["spec"]["terminationGracePeriodSeconds"] >= grace + 10


def test_no_probe_waits_for_data_or_behind_work(chart):
    for one in containers(pod(chart.render(worker__startupSeconds=301))).values():
        assert one["startupProbe"]["exec"]["command"] == ["healthy"]
        assert one["startupProbe"]["failureThreshold"] * one["startupProbe"]["periodSeconds"] >= 301
        assert one["livenessProbe"]["exec"]["command"] == ["healthy"]
        # The status of the worker is as old as a minute when it hangs.
        assert one["livenessProbe"]["failureThreshold"] * one["livenessProbe"]["periodSeconds"] >= 60


def test_a_pod_of_one_experiment_is_ready_when_it_answers_for_it(chart):
    for one in containers(pod(chart.fixed())).values():
        assert one["readinessProbe"]["exec"]["command"] == ["healthy", "--ready"]


def test_r_has_a_memory_limit_and_scratch_is_part_of_it(chart):
    spec = pod(chart.render())["spec"]
    (scratch,) = [one for one in spec["volumes"] if one["name"] == "scratch"]

    assert containers({"spec": spec})["worker-r"]["resources"]["limits"]["memory"] == "8Gi"
    assert scratch["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}


def test_both_containers_share_data_and_scratch_but_no_temporary_files(chart):
    mounts = [
        {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
        for container in containers(pod(chart.render())).values()
    ]

    assert mounts[0]["/data"] == mounts[1]["/data"]
    assert mounts[0]["/scratch"] == mounts[1]["/scratch"]
    assert mounts[0]["/tmp"] != mounts[1]["/tmp"]


def test_r_has_as_many_children_as_the_worker_has_slots(chart):
    both = containers(pod(chart.render(worker__concurrency=7)))

    assert environment(both["worker"])["TANDEM_CONCURRENCY"] == "7"
    assert environment(both["worker-r"])["TANDEM_CHILDREN"] == "7"


def test_data_may_lie_in_a_volume_that_is_there(chart):
    spec = deployment(chart.render(worker__data__claim="experiments"))["spec"]

    claims = [
        one["persistentVolumeClaim"] for one in spec["template"]["spec"]["volumes"] if "persistentVolumeClaim" in one
    ]
    assert claims == [{"claimName": "experiments"}]
    assert spec["strategy"] == {"type": "Recreate"}


def test_an_idle_pod_may_let_itself_be_deleted(chart):
    rendered = chart.render()
    worker, r = (containers(pod(rendered))[name] for name in ("worker", "worker-r"))

    assert environment(worker)["TANDEM_RETIRE"] == "true"
    assert environment(worker)["POD_NAME"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert environment(worker)["POD_NAMESPACE"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}
    assert rendered.one("Role", "worker")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "delete"]}
    ]
    assert "cluster-token" in [one["name"] for one in worker["volumeMounts"]]
    assert "cluster-token" not in [one["name"] for one in r["volumeMounts"]]


@pytest.mark.parametrize(
    "values", [{"worker__retire": False}, {"worker__assignment": "fixed", "worker__experimentId": "e"}]
)
def test_a_pod_that_need_not_has_no_key_to_the_cluster(chart, values):
    rendered = chart.render(**values)

    assert rendered.all("Role") == []
    assert "TANDEM_RETIRE" not in environment(containers(pod(rendered))["worker"])
    assert "serviceAccountToken" not in rendered.text


def test_fixed_pods_know_their_experiment_and_do_not_end_by_themselves(chart):
    spec = deployment(chart.fixed(sandboxId="box"))["spec"]
    told = {name: environment(one) for name, one in containers(spec["template"]).items()}

    assert "matchExpressions" not in spec["selector"]
    assert told["worker"]["EXPERIMENT_ID"] == told["worker-r"]["EXPERIMENT_ID"] == "e1"
    assert told["worker"]["IGNORE_TIMEOUT"] == "true"
    labels = spec["template"]["metadata"]["labels"]
    assert labels["experimentId"] == "e1"
    assert labels["workQueueHash"] == hashlib.sha1(b"e1-box").hexdigest()


@pytest.mark.parametrize("place", PLACES)
def test_one_of_several_images_is_chosen_in_one_place(chart, place):
    rendered = chart.render(place, images__registry="registry.test/x/", images__tag="abc")

    ours = [one["image"] for _, pod in rendered.pods() for one in containers(pod).values() if "tandem" in one["image"]]
    assert ours
    assert all(image.startswith("registry.test/x/tandem-") and image.endswith(":abc") for image in ours)


def test_datadog_looks_on_from_beside(chart):
    agent = containers(pod(chart.render(datadog__enabled=True, datadog__secret="keys")))["datadog-agent"]

    told = environment(agent)
    assert told["DD_EKS_FARGATE"] == "true"
    assert told["DD_SITE"] == "datadoghq.eu"
    assert told["DD_API_KEY"] == {"secretKeyRef": {"name": "keys", "key": "api-key"}}
    assert agent["restartPolicy"] == "Always"
