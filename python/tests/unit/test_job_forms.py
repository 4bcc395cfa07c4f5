"""What is left of forms that were never taken in."""

import os
import time
from pathlib import Path

from tandem.gateway.job_forms import LEFT_S, _sweep


def test_what_a_gateway_that_died_left_goes_and_what_is_under_way_stays(tmp_path: Path):
    _sweep(tmp_path / "uploads")
    left, under_way = tmp_path / "uploads" / "left", tmp_path / "uploads" / "now"
    for folder in (left, under_way):
        (folder / "files").mkdir(parents=True)
        (folder / "files" / "a.csv").write_text("1")
    os.utime(left, (0, time.time() - LEFT_S - 1))

    _sweep(tmp_path / "uploads")

    assert [path.name for path in (tmp_path / "uploads").iterdir()] == ["now"]
    assert (under_way / "files" / "a.csv").is_file()
