"""What is removed with a platform's data, and what stays."""

from pathlib import Path

from tandem.local.layout import Layout
from tandem.local.wiping import delete_data


def test_results_jobs_and_logs_go_and_what_people_work_on_stays(tmp_path: Path):
    layout = Layout(tmp_path, tmp_path / "data", tmp_path)
    gone = [layout.store / "jobs" / "blobs" / "x", layout.jobs / "runs" / "one.1" / "y", layout.jobs / "cache" / "z"]
    gone += [layout.record, Path(f"{layout.record}-wal"), layout.queue, layout.log("gateway")]
    kept = [
        layout.shells / "mine" / "files" / "main.py",
        layout.log("setup-r"),
        layout.data / "demo" / "r.rds",
    ]
    for path in (*gone, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    delete_data(layout)
    assert [path for path in gone if path.exists()] == []
    assert all(path.exists() for path in kept)
    delete_data(Layout(tmp_path / "other", tmp_path, tmp_path))
