"""What of results is kept to compare jobs by."""

import json
import os
from pathlib import Path

from tandem.jobs.runner.findings import LONGEST, MOST, findings_in


def test_values_of_objects_and_of_tables_with_one_row_are_found(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "scores.json").write_text('{"auc": 0.5, "of": {"n": 3, "ok": true}, "list": [1], "nothing": null}')
    (tmp_path / "deep" / "one.csv").write_text("cells,name\n7,x\n")
    (tmp_path / "two.csv").write_text("cells\n7\n8\n")
    (tmp_path / "link.json").symlink_to(tmp_path / "scores.json")
    assert findings_in(tmp_path) == {
        "deep/one.cells": 7,
        "deep/one.name": "x",
        "scores.auc": 0.5,
        "scores.of.n": 3,
        "scores.of.ok": True,
        "scores.nothing": None,
    }


def test_they_are_few_and_short(tmp_path: Path):
    (tmp_path / "many.json").write_text(json.dumps({str(number): "x" * 250 for number in range(210)}))
    (tmp_path / "odd.json").write_text('{"a": NaN, "b": [')
    found = findings_in(tmp_path)
    assert (len(found), {len(str(value)) for value in found.values()}) == (MOST, {LONGEST})


def test_what_no_answer_can_carry_is_not_found(tmp_path: Path):
    (tmp_path / "half.json").write_text('{"a": "\\ud800x", "\\udc00": 1, "c": NaN, "d": -Infinity}')
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json")).write_text('{"a": 1}')
    found = findings_in(tmp_path)
    assert found == {"half.a": "?x", "half.?": 1, "half.c": "nan", "half.d": "-inf", "?.a": 1}
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
