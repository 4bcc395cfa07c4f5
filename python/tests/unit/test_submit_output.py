"""Where a result cannot be written, a person hears so before anything is computed; a file is no text to show."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from tandem.cli import submit
from tandem.errors import ObjectMissing, UsageError
from tandem.records.base import Run
from tandem.settings import Settings
from tandem.states import State
from tandem.stores import open_store


@pytest.mark.parametrize(
    ("output", "reason"), [("{folder}/none/out.json", "does not exist"), ("{folder}", "is a folder")]
)
def test_an_output_that_cannot_be_written_is_refused_at_once(tmp_path, output, reason):
    command = [sys.executable, "-m", "tandem", "submit", "GetNUmis", "-o", output.format(folder=tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

    assert done.returncode == 2
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_file_is_not_shown_on_a_terminal(tmp_path, monkeypatch):
    settings = Settings(store_url=f"file://{tmp_path}")
    results = open_store(settings, "worker-results")
    table = gzip.compress(b",,bc1\n")
    results.put("ab12", BytesIO(table), content_type="application/gzip")
    now = datetime.now(UTC)
    run = Run("r1", "demo", "GetNormalizedExpression", "ab12", State.COMPLETE, attempt=1, queued_at=now)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    with pytest.raises(UsageError, match=r"GetNormalizedExpression is a file.*-o"):
        submit.deliver(settings, run, None)
    submit.deliver(settings, run, tmp_path / "matrix.csv.gz")

    assert (tmp_path / "matrix.csv.gz").read_bytes() == table


def test_a_result_that_is_gone_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "out.json").write_text("mine")
    (tmp_path / "link.json").symlink_to(tmp_path / "out.json")
    settings = Settings(store_url=f"file://{tmp_path / 'store'}")
    run = Run("r1", "demo", "GetNUmis", "ab12", State.COMPLETE, attempt=1, queued_at=datetime.now(UTC))
    with pytest.raises(ObjectMissing):
        submit.deliver(settings, run, tmp_path / "out.json")
    assert (tmp_path / "out.json").read_text() == "mine"

    open_store(settings, "worker-results").put("ab12", BytesIO(b"[1]"), content_type="application/json")
    submit.deliver(settings, run, tmp_path / "link.json")
    assert ((tmp_path / "out.json").read_text(), (tmp_path / "link.json").is_symlink()) == ("[1]", True)
    submit.deliver(settings, run, Path("/dev/null"))
    assert {path.name for path in tmp_path.iterdir()} == {"out.json", "link.json", "store"}


def test_an_output_of_a_task_that_has_none_is_refused_at_once(tmp_path):
    words = ["submit", "ClusterCells", "--type", "leiden", "-o", str(tmp_path / "out.json")]
    done = subprocess.run(
        [sys.executable, "-m", "tandem", *words], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )

    assert done.returncode == 2
    assert "changes the experiment's cell sets" in " ".join(done.stderr.split())
