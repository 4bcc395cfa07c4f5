"""Every promise has a test on real processes, every mark names a promise, and the page tells of all."""

import ast
from datetime import date
from pathlib import Path

from helpers.reliability import BEGIN, END, Result, page_with, read_promises

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
NAMES = [promise.name for promise in read_promises()]


def marked() -> set[int | str]:
    """What the marks of the fault tests name."""
    found: set[int | str] = set()
    for file in (ROOT / "python" / "tests" / "faults").glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise":
                found |= {ast.literal_eval(argument) for argument in node.args}
    return found


def test_promises_have_names_of_their_own():
    assert len(set(NAMES)) == len(NAMES)
    assert [name for name in NAMES if isinstance(name, int)] == list(range(1, 33))


def test_every_promise_has_a_test():
    assert [name for name in NAMES if name not in marked()] == []


def test_every_mark_names_a_promise():
    assert marked() - set(NAMES) == set()


def test_the_page_tells_of_every_promise():
    assert [name for name in NAMES if f"\n| {name} | " not in PAGE] == []


def test_results_are_told_as_they_were():
    def went(promise: int, outcome: str) -> Result:
        return Result(f"tests/faults/test_a.py::test_it_is_{outcome}[../x]", [promise], ["worker"], outcome, 1.5)

    results = [went(1, "passed"), went(1, "failed"), went(2, "passed"), went(2, "skipped"), went(3, "passed")]
    page = page_with(f"{BEGIN}\n{END}", results, date(2026, 1, 2), "somewhere")
    rows = {line.split(" | ")[0]: line for line in page.splitlines() if line.startswith("| ")}

    assert "it is passed (`test_a.py`)<br>it is failed (`test_a.py`) | worker | **not held** | 3 s |" in rows["| 1"]
    assert rows["| 1"].endswith("| 2026-01-02, somewhere |")
    assert "| held, 1 not tested here |" in rows["| 2"]
    assert "| held |" in rows["| 3"]
    assert "| not tested |" in rows["| 4"]
    assert page_with(page, [], date(2026, 3, 4), "elsewhere") == page, "what did not run is told as it was"
