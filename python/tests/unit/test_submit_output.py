"""Where a result cannot be written, a person hears so before anything is computed."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("output", "reason"), [("{folder}/none/out.json", "does not exist"), ("{folder}", "is a folder")]
)
def test_an_output_that_cannot_be_written_is_refused_at_once(tmp_path, output, reason):
    command = [sys.executable, "-m", "tandem", "submit", "GetNUmis", "-o", output.format(folder=tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

    assert done.returncode == 2
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
