"""Ports that were chosen a moment ago: nobody else chooses them, and a home keeps its own."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tandem.local import promises
from tandem.local.plan import Plan, make_plan


@pytest.fixture(autouse=True)
def own_promises(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def start(home: str) -> Plan:
    with promises.choosing(Path(home)) as (promised, promise):
        plan = make_plan(["a", "b"], promised=promised)
        promise(plan.ports)
    return plan


def test_platforms_that_start_at_once_choose_different_ports():
    with ThreadPoolExecutor(4) as pool:
        plans = list(pool.map(start, ["/one", "/two", "/three", "/four"]))

    assert len(set().union(*(plan.ports for plan in plans))) == sum(len(plan.ports) for plan in plans)


def test_a_home_that_starts_again_has_its_ports_again():
    assert start("/one").ports == start("/one").ports


def test_a_promise_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch):
    first = start("/one")
    monkeypatch.setattr(promises, "HOLDS_S", -1.0)
    start("/one")

    assert start("/two").ports == first.ports


def test_what_cannot_be_read_promises_nothing(tmp_path: Path):
    first = start("/one")
    [file] = tmp_path.glob("tandem-ports-*")
    for text in ("{", "[]", '{"/one": {"ports": 3}}', '{"/one": 1}'):
        file.write_text(text)
        assert start("/two").ports == first.ports
