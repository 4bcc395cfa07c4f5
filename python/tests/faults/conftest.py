"""Tells docs/reliability.md how the promises' tests went, where `--write-reliability` names that page."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpers.reliability import MEANS, Result, page_with


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-reliability", type=Path, metavar="PAGE", help="write how each promise was held")


def pytest_configure(config: pytest.Config) -> None:
    page, is_part = config.getoption("write_reliability"), hasattr(config, "workerinput")
    if page and not is_part:
        config.pluginmanager.register(Reporter(page))


def pytest_itemcollected(item: pytest.Item) -> None:
    promises = [name for mark in item.iter_markers("promise") for name in mark.args]
    if promises:
        means = [MEANS[name] for name in getattr(item, "fixturenames", ()) if name in MEANS]
        item.user_properties += [("promises", promises), ("means", means)]


class Reporter:
    """Keeps the results of tests that hold a promise, and writes them when all have run."""

    def __init__(self, page: Path) -> None:
        self._page = page
        self._results: dict[str, Result] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = dict(report.user_properties)
        if "promises" not in known:
            return
        result = self._results.setdefault(report.nodeid, Result(report.nodeid, known["promises"], known["means"]))
        result.seconds += report.duration
        if report.outcome != "passed" and result.outcome != "failed":
            result.outcome = report.outcome
        if "facts" in known:
            result.facts = [str(known["facts"])]

    def pytest_sessionfinish(self) -> None:
        surroundings = f"Python {platform.python_version()} on {os.cpu_count()} cores"
        today = datetime.now(UTC).date()
        self._page.write_text(page_with(self._page.read_text(), self._results.values(), today, surroundings))
