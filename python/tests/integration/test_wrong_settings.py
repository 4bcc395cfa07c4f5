"""Every process that is started with a setting it cannot read says so in a sentence."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["worker", "gateway", "jobs.runner", "jobs.cloud"])
def test_a_setting_that_cannot_be_read_is_named_in_one_sentence(module: str):
    found = subprocess.run(
        [sys.executable, "-m", f"tandem.{module}"],
        env=os.environ | {"TANDEM_CONCURRENCY": "many"},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert found.returncode == 2
    assert "The setting TANDEM_CONCURRENCY cannot be 'many'" in found.stderr
    assert "Traceback" not in found.stderr
