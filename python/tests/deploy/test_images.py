"""The images, built and run: who they run as, how they end, what is in them and what is not."""

import json
import subprocess
import time

import pytest

from fixtures.platform import wait_until
from helpers.deploy_tools import tool

ALL = ("tandem-r", "tandem-python", "tandem-gateway")
#: As the chart and the compose file run them.
CLOSED = ("--read-only", "--tmpfs", "/tmp:mode=1777", "--tmpfs", "/scratch:mode=1777", "--cap-drop", "ALL")
#: The tests of the R package take some minutes.
R_TESTS_S = 1500


@pytest.mark.parametrize("name", ALL)
def test_an_image_is_nobodys_and_says_what_it_is(images, name):
    facts = images.facts("image", images.image(name))

    assert facts["Config"]["User"] == "10001:10001"
    assert facts["Config"]["Entrypoint"] == ["tini", "--"]
    health = facts.get("Healthcheck") or facts["Config"]["Healthcheck"]  # podman's place for it, and docker's
    assert health["Test"] == ["CMD", "healthy"]
    assert facts["Config"]["Labels"]["org.opencontainers.image.title"] == name
    assert len(facts["Config"]["Labels"]["org.opencontainers.image.revision"]) == 40


@pytest.mark.parametrize("name", ALL)
def test_an_image_has_no_compiler_and_nothing_of_the_machine_that_built_it(images, name):
    look = "command -v gcc g++ make; ls /etc/pip.conf /run/secrets /src; env | grep -i -e pip_ -e proxy; true"
    assert images.do("run", "--rm", "--network", "none", images.image(name), "sh", "-c", look) == ""


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("tandem-r", {"r-base-core 4.5", "r-cran-seurat 5.2", "r-cran-plumber 1.3"}),
        ("tandem-python", {"python3 3.13", "boto3==", "redis=="}),
        ("tandem-gateway", {"r-cran-seurat 5.2", "python3 3.13", "fastapi=="}),
    ],
)
def test_an_image_records_the_versions_that_it_was_made_of(images, name, parts):
    versions = images.do("run", "--rm", "--network", "none", images.image(name), "cat", "/opt/tandem/versions.txt")
    for part in parts:
        assert f"\n{part}" in f"\n{versions}"


@pytest.mark.parametrize("name", ["tandem-r", "tandem-python"])
def test_a_list_of_parts_is_written(images, name, tmp_path):
    archive = tmp_path / "image.tar"
    images.do("save", "--output", str(archive), images.image(name), timeout=200)
    written = subprocess.run(
        [tool("syft"), "scan", f"docker-archive:{archive}", "-o", "spdx-json"],
        capture_output=True,
        check=True,
        timeout=200,
        env=images.environment | {"SYFT_CHECK_FOR_APP_UPDATE": "false", "SYFT_CACHE_DIR": str(tmp_path)},
    )
    parts = {part["name"] for part in json.loads(written.stdout)["packages"]}
    assert parts >= ({"r-cran-seurat", "tini"} if name == "tandem-r" else {"boto3", "tini", "tandem"})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tandem-r", ("--tmpfs", "/data:mode=1777", "--env", "EXPERIMENT_ID=none")),
        ("tandem-python", ("--env", "K8S_ENV=staging")),
    ],
)
def test_a_part_without_an_experiment_waits_alive_and_ends_when_it_is_told_to(images, container, name, options):
    command = ["run", "--detach", "--name", container, *CLOSED, "--network", "none", *options]
    images.do(*command, images.image(name))
    assert wait_until(lambda: images.is_healthy(container), 30)
    assert not images.is_ready(container)

    began = time.monotonic()
    images.do("stop", "--time", "30", container)

    assert time.monotonic() - began < 15
    assert images.facts("container", container)["State"]["ExitCode"] == 0


def test_the_r_package_passes_its_tests_in_its_image(dev_images):
    """R 4.5 and Seurat 5, where this machine may have others."""
    script = """
        cd /src/tandem/tests
        tested() {
            NOT_CRAN=true Rscript -e "testthat::test_dir('testthat', package = 'tandem', load_package = 'installed',
                filter = '^($1)\\$', invert = $2, reporter = testthat::CheckReporter)"
        }
        slow='service|import|assay|parity|foreign.*'
        tested "$slow" FALSE > /tmp/slow.log 2>&1 & tested "$slow" TRUE; others=$?
        wait $!; slow_ones=$?
        cat /tmp/slow.log
        exit $((others + slow_ones))
    """
    image = f"{dev_images.registry}tandem-r:dev"
    done = dev_images.try_("run", "--rm", "--network", "host", image, "bash", "-c", script, timeout=R_TESTS_S)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
