"""Pods are closed, and secrets stay where they are."""

import pytest

from fixtures.chart import EVERYTHING, PLACES, containers

EVERYWHERE = [("", EVERYTHING), *((place, {}) for place in PLACES)]
SETTINGS = {"ConfigMap", "Deployment", "StatefulSet", "Job"}


@pytest.mark.parametrize(("place", "values"), EVERYWHERE)
def test_every_pod_keeps_the_restricted_standard(chart, place, values):
    for name, pod in chart.render(place, **values).pods():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert security["runAsUser"] > 0
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"])
        assert not [one for one in pod["spec"].get("volumes", ()) if "hostPath" in one]
        for one in containers(pod).values():
            assert one["securityContext"]["allowPrivilegeEscalation"] is False
            assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert one["securityContext"].get("runAsUser", 1) > 0


@pytest.mark.parametrize(("place", "values"), EVERYWHERE)
def test_our_containers_write_to_volumes_alone(chart, place, values):
    for _, pod in chart.render(place, **values).pods():
        for name, one in containers(pod).items():
            assert one["securityContext"].get("readOnlyRootFilesystem") is True or name == "datadog-agent"


@pytest.mark.parametrize(("place", "values"), EVERYWHERE)
def test_every_container_says_what_it_needs_and_has_a_memory_limit(chart, place, values):
    for _, pod in chart.render(place, **values).pods():
        for name, one in containers(pod).items():
            assert {"cpu", "memory"} <= set(one["resources"]["requests"]), name
            assert "memory" in one["resources"]["limits"], name


@pytest.mark.parametrize(("place", "values"), EVERYWHERE)
def test_the_key_to_the_cluster_is_mounted_nowhere_by_itself(chart, place, values):
    rendered = chart.render(place, **values)

    assert all(pod["spec"]["automountServiceAccountToken"] is False for _, pod in rendered.pods())
    assert all(one["automountServiceAccountToken"] is False for one in rendered.all("ServiceAccount"))


@pytest.mark.parametrize(("place", "values"), EVERYWHERE)
def test_every_image_is_a_certain_one(chart, place, values):
    for _, pod in chart.render(place, **values).pods():
        for one in containers(pod).values():
            assert one["image"].partition(":")[2] not in ("", "latest")


def test_secrets_are_in_secrets_alone(chart):
    rendered = chart.everything()
    secret = rendered.one("Secret", "trial")["stringData"]
    token = rendered.one("Secret", "gateway-token")["data"]["TANDEM_ADMIN_TOKEN"]

    for one in rendered.objects:
        if one["kind"] in SETTINGS:
            assert secret["password"] not in str(one)
            assert token not in str(one)


def test_settings_that_hold_secrets_come_from_secrets(chart):
    for _, pod in chart.everything(aws__keysSecret="keys").pods():
        for one in containers(pod).values():
            for told in one.get("env", ()):
                if any(word in told["name"] for word in ("PASSWORD", "SECRET_ACCESS", "_URL", "API_KEY", "TOKEN")):
                    known = told["name"] in ("TANDEM_API_URL", "AWS_ENDPOINT_URL") or told["name"].startswith(
                        "TANDEM_URL"
                    )
                    assert known or "secretKeyRef" in told["valueFrom"], told


def test_roles_say_what_they_mean(chart):
    for role in chart.everything().all("Role"):
        for rule in role["rules"]:
            assert "*" not in (*rule["verbs"], *rule["resources"], *rule["apiGroups"])
    assert chart.everything().all("ClusterRole") == []


def test_roles_are_bound_to_the_accounts_of_their_pods(chart):
    rendered = chart.everything()
    accounts = {one["metadata"]["name"] for one in rendered.all("ServiceAccount")}
    roles = {one["metadata"]["name"] for one in rendered.all("Role")}

    for binding in rendered.all("RoleBinding"):
        assert binding["roleRef"]["name"] in roles
        assert {subject["name"] for subject in binding["subjects"]} <= accounts


def test_an_account_may_be_one_that_is_there(chart):
    rendered = chart.render(worker__serviceAccount__create=False, worker__serviceAccount__name="deployment-runner")

    assert rendered.all("ServiceAccount") == []
    assert rendered.one("Deployment", "worker")["spec"]["template"]["spec"]["serviceAccountName"] == "deployment-runner"
    assert rendered.one("RoleBinding", "worker")["subjects"][0]["name"] == "deployment-runner"


def test_a_role_of_aws_is_lent_to_an_account(chart):
    role = "arn:aws:iam::123456789012:role/worker-role-staging"
    account = chart.render(worker__serviceAccount__roleArn=role).one("ServiceAccount", "worker")

    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": role}


def test_no_pod_but_a_worker_is_taken_for_a_spare_one(chart):
    """Platforms ask for pods with neither the label experimentId nor the label run."""
    for name, pod in chart.everything().pods():
        assert ("run" in pod["metadata"]["labels"]) == (name != "tandem-worker"), name
