"""The API against its own description: schemathesis asks what the document allows, and much that it does not."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from fixtures.platform import Home

#: Every operation but the one whose answer never ends; and what has to be true of each answer.
EXCLUDED = "/events"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
SEED, EXAMPLES = 1, 8
#: Seconds for all of it.
PATIENCE_S = 400
#: Whoever reads a list of experiments finds ours; it shall be there for the other operations.
CONFIG = """
[[operations]]
include-name = "DELETE /experiments/{id}"
parameters = { "path.id" = "nobody" }
"""


@pytest.fixture(scope="module")
def url(small_home: Home) -> str:
    """A platform that serves everything."""
    started = small_home.tandem("up")
    assert started.returncode == 0, started.stdout + started.stderr
    return small_home.plan.gateway_url


@pytest.mark.timeout(PATIENCE_S + 20)
def test_every_answer_is_one_that_the_document_describes(url: str, small_home: Home, tmp_path: Path):
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", tmp_path / "schemathesis.toml"),
        *("run", f"{url}/openapi.json", "--exclude-path", EXCLUDED, "--checks", ",".join(CHECKS)),
        *("--phases", "examples,coverage,fuzzing", "--seed", SEED, "-n", EXAMPLES, "--continue-on-failure"),
        *("--request-timeout", 20, "--warnings", "off", "--suppress-health-check", "all", "--no-color"),
    ]
    asked = subprocess.run(
        [str(word) for word in command], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S
    )

    assert asked.returncode == 0, asked.stdout[-6000:] + asked.stderr[-2000:]
    paths = httpx.get(f"{url}/openapi.json").json()["paths"]
    operations = sum(map(len, paths.values()))
    assert f"Tested: {operations - 1}" in asked.stdout, asked.stdout[-2000:]
    kept = httpx.get(f"{url}/experiments/small").json()
    assert (kept["id"], kept["state"]) == ("small", "ready")
    assert httpx.get(f"{url}/experiments").json()["total"] == 1
    assert not list((small_home.layout.data / ".uploads").glob("*")), "an upload of garbage left something"
    assert "Traceback" not in small_home.layout.log("gateway").read_text()
