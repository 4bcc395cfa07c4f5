"""Values that make no sense are refused, in words that name them."""

import pytest


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"worker__scaling__by": "both"}, "'/worker/scaling/by': value must be one of 'none', 'keda', 'hpa'"),
        ({"worker__concurrency": 0}, "'/worker/concurrency': minimum: got 0, want 1"),
        ({"worker__gracePeriod": 9}, "'/worker': additional properties 'gracePeriod' not allowed"),
        ({"worker__assignment": "lottery"}, "'/worker/assignment'"),
        ({"worker__scratch__size": "2GB"}, "'/worker/scratch/size'"),
        ({"worker__r__resources__limits__memory": None}, "'/worker/r/resources/limits': missing property 'memory'"),
        ({"images__registry": "registry.test"}, "'/images/registry'"),
        ({"aws__accountId": 123456789012}, "'/aws/accountId': got number, want string"),
        ({"aws__region": "Ireland"}, "'/aws/region'"),
        ({"env": {"TANDEM_XRAY": True}}, "'/env/TANDEM_XRAY': got boolean, want string"),
        ({"runner__mode": "thread"}, "'/runner/mode'"),
        ({"runner__pools__gpu__cpus": 0}, "'/runner/pools/gpu/cpus'"),
        ({"gateway__corsOrigins": ["lab.example"]}, "'/gateway/corsOrigins/0'"),
        ({"networkPolicy__jobs": [{"cidr": "anywhere", "port": 443}]}, "'/networkPolicy/jobs/0/cidr'"),
        ({"redis__url": "redis://:secret@host"}, "'/redis': additional properties 'url' not allowed"),
        ({"wroker": {}}, "additional properties 'wroker' not allowed"),
    ],
)
def test_nonsense_is_refused_by_name(chart, values, said):
    assert said in chart.refuses(**values)


FIXED = {"worker__assignment": "fixed", "worker__experimentId": "e1"}
JOBS = {"runner__enabled": True, "runner__mode": "kubernetes", "record__secret": "record"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"worker__scaling__by": "keda"}, "worker.scaling.by=keda scales pods of one experiment"),
        ({"worker__scaling__by": "hpa"}, "worker.scaling.by=hpa scales pods of one experiment"),
        ({**FIXED, "worker__scaling__by": "hpa"}, "worker.scaling.minReplicas is 0"),
        ({**FIXED, "worker__scaling__minReplicas": 9}, "worker.scaling.minReplicas is 9, more than"),
        ({"worker__assignment": "fixed"}, "worker.experimentId is missing"),
        ({"worker__experimentId": "e1"}, "worker.experimentId is set"),
        (
            {"worker__scratch__size": "8Gi"},
            "worker.scratch.size, 8Gi, is memory out of worker.r.resources.limits.memory",
        ),
        ({"worker__scratch__size": "3Gi"}, "worker.scratch.size, 3Gi, is memory out of worker.python.resources.limits"),
        ({"gateway__enabled": True}, "record.secret is missing: with gateway.enabled"),
        ({"runner__enabled": True}, "record.secret is missing: with runner.enabled"),
        (
            {"gateway__enabled": True, "record__secret": "record", "gateway__ingress__enabled": True},
            "gateway.ingress.host is missing",
        ),
        (
            {"gateway__enabled": True, "record__secret": "record", "clusterEnv": "development"},
            "clusterEnv=development lets all experiments share one queue",
        ),
        ({"monitoring__serviceMonitor__enabled": True}, "monitoring.serviceMonitor.enabled needs gateway.enabled"),
        ({"monitoring__alerts__enabled": True}, "monitoring.alerts.enabled needs gateway.enabled"),
        ({"datadog__enabled": True}, "datadog.secret is missing"),
        (JOBS, "networkPolicy.jobs is empty"),
        ({**JOBS, "runner__jobs__namespace": "jobs"}, "runner.jobs.secret is missing"),
        ({**JOBS, "record__key": "url"}, "runner.jobs.secret is missing"),
    ],
)
def test_values_that_do_not_go_together_are_refused_in_a_sentence(chart, values, said):
    assert said in chart.refuses(**values)
