"""What `make audit` says: of licences, that they are those of the present locks; of faults, what others answered."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FAULT = {"id": "PYSEC-2024-1", "fix_versions": ["2.0"]}


@pytest.fixture(scope="module")
def licences() -> dict[str, object]:
    return runpy.run_path(str(ROOT / "scripts" / "licences.py"))


def test_the_licences_are_those_of_the_present_locks(licences):
    assert licences["wanted"]() == licences["listed"]()
    assert ("harmonypy" in licences["PAGE"].read_text()) is ("harmonypy" in dict(licences["wanted"]()))


def test_each_has_a_licence(licences):
    rows = [line for line in licences["PAGE"].read_text().splitlines() if line.startswith("| ")]
    assert len(rows) > 300
    assert not [row for row in rows if licences["UNKNOWN"] in row or row.rstrip("| ").count("|") != 3]


def ask_with(folder: Path, **answers: tuple[str, int]) -> subprocess.CompletedProcess[str]:
    """What is said of faults where the tools answer so."""
    for name, (answer, code) in answers.items():
        tool = folder / name.replace("_", "-")
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\nexit {code}\n")
        tool.chmod(0o755)
    python = folder / "python"  # beside which no tool lies
    python.symlink_to(sys.executable)
    line = [str(python), str(ROOT / "scripts" / "known_faults.py")]
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_known_fault_is_told_and_fails(tmp_path):
    known, unknown = {"name": "left", "version": "1.0", "vulns": [FAULT]}, {"name": "x", "skip_reason": "not found"}
    python = {"dependencies": [known, unknown]}
    npm = {"metadata": {"dependencies": {"total": 7}}, "vulnerabilities": {}}
    done = ask_with(tmp_path, pip_audit=(json.dumps(python), 1), npm=(json.dumps(npm), 0))
    assert done.returncode == 1
    assert "left 1.0: PYSEC-2024-1, mended in 2.0" in done.stdout
    assert "1 known faults in 1 packages; nobody knows 1 more" in done.stdout
    assert "no known fault in 7 packages" in done.stdout


def test_that_nobody_answers_is_no_clean_bill(tmp_path):
    skipped = {"dependencies": [{"name": "x", "skip_reason": "not found"}]}
    done = ask_with(tmp_path, pip_audit=(json.dumps(skipped), 0), npm=('{"message": "405 Method Not Allowed"}', 1))
    assert done.returncode == 0
    assert "no known fault" not in done.stdout
    assert "not looked at: 405 Method Not Allowed" in done.stdout
    assert "NOBODY COULD BE ASKED" in done.stdout
