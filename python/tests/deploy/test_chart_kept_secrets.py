"""What was made at random stays, as Helm finds it in the cluster at the next upgrade."""

import base64

import pytest

from fixtures.chart import NAMESPACE, RELEASE
from helpers.kept_secrets import cluster_with

TRIAL = {"trial__redis__enabled": True, "trial__postgresql__enabled": True, "gateway__enabled": True}


@pytest.fixture
def upgraded(chart, tmp_path):
    """The release as Helm renders it where it has been before."""
    secrets = {
        f"{RELEASE}-trial": {"password": "opens-the-volume"},
        f"{RELEASE}-gateway-token": {"TANDEM_ADMIN_TOKEN": "tandem_known"},
    }
    with cluster_with(secrets, chart.render(**TRIAL).objects, RELEASE, NAMESPACE) as address:
        yield chart.upgrade(address, tmp_path, **TRIAL)


def test_the_password_of_the_volume_stays(upgraded):
    secret = upgraded.one("Secret", "trial")["stringData"]

    assert secret["password"] == "opens-the-volume"
    assert ":opens-the-volume@" in secret["DATABASE_URL"]


def test_the_token_of_the_administrator_stays(upgraded):
    token = upgraded.one("Secret", "gateway-token")["data"]["TANDEM_ADMIN_TOKEN"]

    assert base64.b64decode(token) == b"tandem_known"


def test_a_first_installation_makes_new_ones(chart, tmp_path):
    with cluster_with({}, chart.render(**TRIAL).objects, RELEASE, NAMESPACE) as address:
        first = chart.upgrade(address, tmp_path, **TRIAL)

    assert len(first.one("Secret", "trial")["stringData"]["password"]) == 32
