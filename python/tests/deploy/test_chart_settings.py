"""What containers are told is what the code listens to, and in words that it understands."""

import re

import pytest

from fixtures.chart import EVERYTHING, containers, environment
from helpers.deploy_tools import CHECKOUT
from tandem.settings import Settings

#: What other programs in our images listen to: boto3, uvicorn.
OF_OTHERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "FORWARDED_ALLOW_IPS"}
OURS = ("worker", "gateway", "runner", "migrations")


def python_containers(rendered):
    for _, pod in rendered.pods():
        yield from ((name, one) for name, one in containers(pod).items() if name in OURS)


def known_to_python():
    aliases = [field.validation_alias for field in Settings.model_fields.values()]
    return {name for alias in aliases for name in getattr(alias, "choices", [alias])}


@pytest.mark.parametrize("values", [EVERYTHING, {"worker__assignment": "fixed", "worker__experimentId": "e1"}])
def test_python_knows_every_setting(chart, values):
    for name, one in python_containers(chart.render(**values)):
        assert set(environment(one)) - known_to_python() - OF_OTHERS == set(), name


def test_r_knows_every_setting(chart):
    known = set(
        re.findall(
            r'"([A-Z][A-Z_]+)"', (CHECKOUT / "r/R/settings.R").read_text() + (CHECKOUT / "r/R/log.R").read_text()
        )
    )

    told = environment(containers(chart.fixed().one("Deployment", "worker")["spec"]["template"])["worker-r"])
    assert set(told) <= known


def test_python_understands_what_it_is_told(chart, monkeypatch):
    for _, one in python_containers(
        chart.everything(gateway__corsOrigins=["https://a.test"], env={"TANDEM_XRAY": "true"})
    ):
        with monkeypatch.context() as patch:
            for name, value in environment(one).items():
                patch.setenv(name, value if isinstance(value, str) else "secret")
            settings = Settings()

        assert settings.xray is True
        assert settings.cluster_env == "staging"
        assert settings.log_format == "json"


def test_a_further_setting_stands_before_the_charts(chart):
    (told,) = (environment(one) for _, one in python_containers(chart.render(env={"CLUSTER_ENV": "other"})))

    assert told["CLUSTER_ENV"] == "other"
