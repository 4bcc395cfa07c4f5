"""A result that comes while somebody asks for it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tandem.errors import NotComputedYet
from tandem.gateway import submitting
from tandem.settings import Settings
from tandem.tasks.submission import Wish

WISH = Wish("demo", {"name": "GetNUmis"}, datetime.now(UTC) + timedelta(minutes=5), {}, None)


def parts(*heads: object) -> SimpleNamespace:
    """A gateway without anything under way, whose store says this, one after the other."""
    told = iter(heads)
    return SimpleNamespace(
        settings=Settings(),
        check_experiment=lambda _: None,
        origin=None,
        results=SimpleNamespace(head=lambda _: next(told), url=lambda etag: etag),
        record=SimpleNamespace(find=lambda *_, **__: []),
    )


@pytest.fixture(autouse=True)
def named(monkeypatch):
    message = {"ETag": "ab" * 16, "signedUrl": "/results/it"}
    monkeypatch.setattr(submitting, "message_of", lambda *_: message)


def test_a_reader_is_given_what_was_made_while_it_was_looked_for():
    asked = submitting.ask(parts(None, "there"), WISH, "http://here/", may_compute=False)  # type: ignore[arg-type]

    assert (asked.address, asked.run) == ("/results/it", None)


def test_a_reader_is_told_that_it_was_not_made():
    with pytest.raises(NotComputedYet):
        submitting.ask(parts(None, None), WISH, "http://here/", may_compute=False)  # type: ignore[arg-type]
