"""docs/faults.md names a test for each fault; every one of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "faults.md").read_text()
#: Tests by their file and name, as the page has them.
NAMED = re.findall(r"`([\w/-]+\.(?:py|R))::([^`]+)`", PAGE)


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)), ids=lambda part: part[:60])
def test_a_test_that_is_named_exists(file: str, name: str):
    if file.endswith(".py"):
        assert f"\ndef {name}(" in (ROOT / "python" / "tests" / file).read_text()
    else:
        assert f'test_that("{name}"' in (ROOT / "r" / "tests" / "testthat" / file).read_text()


def test_every_fault_has_a_test():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what")]

    assert rows
    assert all("::" in row.rsplit(" | ", 1)[1] for row in rows)
