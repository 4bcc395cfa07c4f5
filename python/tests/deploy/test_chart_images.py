"""Pods fit the images that they run: what these write to is a volume, and what is called is in them."""

import re

import pytest

from fixtures.chart import EVERYTHING, containers, environment
from helpers.deploy_tools import CHECKOUT

RECIPES = {"tandem-r": CHECKOUT / "r" / "Dockerfile", "tandem-python": CHECKOUT / "python" / "Dockerfile"}
RECIPES["tandem-gateway"] = RECIPES["tandem-python"]
#: Variables of images that name places to write to.
PLACES = re.compile(r"^\s+(?:ENV )?TANDEM_(?:DATA|HOME|SCRATCH|STATUS_FILE)=(/\S+)", re.MULTILINE)
#: Ways of running them all.
SETTINGS = [
    EVERYTHING,
    {**EVERYTHING, "runner__mode": "process"},
    {"gateway__enabled": True, "record__secret": "record"},
]


def ours(rendered):
    """Every container of ours, with the name of its image."""
    for _, pod in rendered.pods():
        for one in containers(pod).values():
            name = one["image"].partition(":")[0]
            if name in RECIPES:
                yield name, one


@pytest.mark.parametrize("values", SETTINGS)
def test_every_place_that_an_image_writes_to_is_a_volume(chart, values):
    for name, one in ours(chart.render(**values)):
        mounts = tuple(f"{mount['mountPath']}/" for mount in one["volumeMounts"])
        wanted = [f"{place}/" for place in PLACES.findall(RECIPES[name].read_text())]
        needed = [place for place in wanted if one["name"] != "migrations" or place.startswith(("/state", "/tmp"))]
        assert needed
        assert [place for place in needed if not place.startswith(mounts)] == [], one["name"]


def test_no_container_takes_the_init_of_its_image_away(chart):
    """R as the first process would not hear that it is to end."""
    assert not [one["name"] for _, one in ours(chart.everything()) if "command" in one]


def test_probes_call_what_images_have(chart):
    assert (CHECKOUT / "containers" / "healthy").is_file()
    assert all("/usr/local/bin/healthy" in recipe.read_text() for recipe in RECIPES.values())


def test_the_gateway_listens_where_its_image_is_asked_how_it_is(chart):
    (told,) = (environment(one) for name, one in ours(chart.everything()) if name == "tandem-gateway")

    assert f"TANDEM_ALIVE={told['TANDEM_GATEWAY_PORT']}/healthz" in RECIPES["tandem-gateway"].read_text()


def test_pods_run_as_the_user_of_the_images(chart):
    (user,) = re.findall(r"useradd --uid (\d+)", (CHECKOUT / "containers" / "make-user").read_text())

    spec = chart.render().one("Deployment", "worker")["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] == int(user)
