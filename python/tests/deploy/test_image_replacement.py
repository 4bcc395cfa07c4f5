"""An image that is built anew takes the place of the one before, which goes; what is anybody else's stays."""

import os
import subprocess

import pytest

from fixtures.platform import ROOT

DOCKERFILE = """
FROM scratch AS thing
COPY LICENSE /
LABEL number={}
"""


@pytest.fixture
def build(engine, tmp_path):
    """Build the image number so-and-so under one name, and give its id; none of them is left after the test."""
    dockerfile = tmp_path / "Dockerfile"
    name = f"tandem-test-{os.getpid()}:test"
    made = []

    def build_number(number):
        dockerfile.write_text(DOCKERFILE.format(number))
        command = [ROOT / "scripts" / "build-image", name, os.path.relpath(dockerfile, ROOT), "thing"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        made.append(engine.do("image", "inspect", "--format", "{{.Id}}", f"{engine.registry}{name}"))
        return made[-1]

    yield build_number
    for image in made:
        engine.try_("image", "rm", "--force", image)


def is_there(engine, image):
    return engine.try_("image", "inspect", image).returncode == 0


def test_the_image_that_was_replaced_is_gone(engine, build):
    first = build(1)
    assert build(1) == first
    second = build(2)
    assert second != first
    assert not is_there(engine, first)
    assert is_there(engine, second)


def test_an_image_with_another_name_stays(engine, build):
    first = build(1)
    kept = f"{engine.registry}tandem-test-{os.getpid()}:kept"
    engine.do("tag", first, kept)
    build(2)
    assert is_there(engine, kept)


def test_an_image_that_a_container_stands_on_stays(engine, build, container):
    first = build(1)
    engine.do("create", "--name", container, first, "nothing")
    build(2)
    assert is_there(engine, first)


def test_an_image_without_a_name_that_is_somebody_elses_stays(engine, build, tmp_path):
    build(1)
    (tmp_path / "LICENSE").write_text("theirs")
    theirs = engine.do("build", "--quiet", str(tmp_path))
    try:
        build(2)
        assert is_there(engine, theirs)
    finally:
        engine.try_("image", "rm", theirs)
