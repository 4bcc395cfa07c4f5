"""The language model is asked for as long as somebody waits, however long that is."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tandem.queues.base import Lease
from tandem.queues.leases import Leases
from tandem.tasks.request import WorkRequest, parse
from tandem.worker.asking import AskedModel
from tandem.worker.pauses import LAST_PAUSE_S, pause_s


@pytest.fixture
def leases() -> Iterator[Leases]:
    made = Leases(30.0)
    yield made
    made.close()


def request_until(timeout: str) -> WorkRequest:
    body = {"name": "CASSIAAnnotate", "species": "human", "tissue": "blood"}
    return parse({"ETag": "ab", "experimentId": "small", "timeout": timeout, "body": body})


@pytest.mark.parametrize("timeout", ["9999-12-31T23:59:59Z", "2399-01-01T00:00:00Z"])
def test_a_caller_who_waits_for_ages_is_answered(leases: Leases, timeout: str):
    held = leases.hold(Lease("m1", "r1", "{}", 1), SimpleNamespace(name="work"))
    model = SimpleNamespace(name="model", answer=lambda *_: "an answer")

    assert AskedModel(model, held, request_until(timeout)).answer("", []) == "an answer"


def test_pauses_grow_to_their_limit_and_stay_there():
    assert 0.5 <= pause_s(1) <= 1.0
    for tries in (6, 1025, 1_000_000):
        assert LAST_PAUSE_S / 2 <= pause_s(tries) <= LAST_PAUSE_S
