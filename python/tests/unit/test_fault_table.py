"""docs/faults.md and docs/security.md name tests for each line; every one of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = {page: (ROOT / "docs" / page).read_text() for page in ("faults.md", "security.md")}
#: Tests by their file and name, as the pages have them.
NAMED = {named for text in PAGES.values() for named in re.findall(r"`([\w/-]+\.(?:py|R))::([^`]+)`", text)}


@pytest.mark.parametrize(("file", "name"), sorted(NAMED), ids=lambda part: part[:60])
def test_a_test_that_is_named_exists(file: str, name: str):
    if file.endswith(".py"):
        assert f"\ndef {name}(" in (ROOT / "python" / "tests" / file).read_text()
    else:
        assert f'test_that("{name}"' in (ROOT / "r" / "tests" / "testthat" / file).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_every_line_has_a_test(page: str):
    rows = [line for line in PAGES[page].splitlines() if line.startswith("| ") and not line.startswith("| what ")]

    assert rows
    assert all("::" in row.rsplit(" | ", 1)[1] for row in rows)
