"""Pods of one experiment are scaled by one scaler, or none."""

import hashlib

KEDA = {"worker__scaling__by": "keda"}
HPA = {"worker__scaling__by": "hpa", "worker__scaling__minReplicas": 1}


def scalers(rendered):
    return [one["kind"] for one in rendered.objects if one["kind"] in ("ScaledObject", "HorizontalPodAutoscaler")]


def test_there_is_never_more_than_one_scaler(chart):
    assert scalers(chart.render()) == []
    assert scalers(chart.fixed()) == []
    assert scalers(chart.fixed(**KEDA)) == ["ScaledObject"]
    assert scalers(chart.fixed(**HPA)) == ["HorizontalPodAutoscaler"]


def test_who_scales_is_not_told_a_number_of_pods(chart):
    assert chart.render().one("Deployment", "worker")["spec"]["replicas"] == 1
    for way in (KEDA, HPA):
        assert "replicas" not in chart.fixed(**way).one("Deployment", "worker")["spec"]


def test_keda_scales_by_the_queue_of_the_experiment(chart):
    rendered = chart.fixed(aws__accountId="123456789012", sandboxId="box", clusterEnv="production", **KEDA)
    spec = rendered.one("ScaledObject", "worker")["spec"]

    assert spec["scaleTargetRef"] == {"name": rendered.one("Deployment", "worker")["metadata"]["name"]}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 4)
    (trigger,) = spec["triggers"]
    queue = f"queue-job-{hashlib.sha1(b'e1-box').hexdigest()}-production.fifo"
    assert trigger["type"] == "aws-sqs-queue"
    assert trigger["metadata"] == {
        "queueURL": f"https://sqs.eu-west-1.amazonaws.com/123456789012/{queue}",
        "queueLength": "1",
        "awsRegion": "eu-west-1",
        "scaleOnInFlight": "true",
    }


def test_keda_looks_at_the_queue_by_a_role(chart):
    rendered = chart.fixed(**KEDA)
    (trigger,) = rendered.one("ScaledObject", "worker")["spec"]["triggers"]

    authentication = rendered.one("TriggerAuthentication", trigger["authenticationRef"]["name"])
    assert authentication["spec"] == {"podIdentity": {"provider": "aws", "identityOwner": "workload"}}


def test_the_queue_is_the_one_that_the_worker_reads(chart):
    from tandem.settings import Settings

    settings = Settings(experiment_id="e1", sandbox_id="box", cluster_env_given="staging")
    spec = chart.fixed(sandboxId="box", **KEDA).one("ScaledObject", "worker")["spec"]

    assert spec["triggers"][0]["metadata"]["queueURL"] == settings.queue_name


def test_an_autoscaler_scales_by_cpu(chart):
    spec = chart.fixed(**HPA).one("HorizontalPodAutoscaler", "worker")["spec"]

    assert spec["minReplicas"] == 1
    (metric,) = spec["metrics"]
    assert metric["resource"] == {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}


def test_budgets_are_of_pods_that_somebody_replaces(chart):
    """A pod without a controller cannot be protected by a part of many."""
    spare = chart.render().one("PodDisruptionBudget", "worker")["spec"]
    fixed = chart.fixed().one("PodDisruptionBudget", "worker")["spec"]

    assert spare["selector"] == chart.render().one("Deployment", "worker")["spec"]["selector"]
    assert "matchExpressions" not in fixed["selector"]
    assert spare["maxUnavailable"] == fixed["maxUnavailable"] == 1
