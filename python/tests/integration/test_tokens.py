"""Tokens in both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from tandem.errors import AdminTokenShort, TokenNameTaken, TokenUnknown
from tandem.records.database import open_database
from tandem.records.schema import SCHEMA_VERSION
from tandem.records.tokens import Role, Tokens, hash_of, open_tokens
from tandem.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path}/r.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return Settings(database_url_given=url)


@pytest.fixture
def tokens(settings: Settings) -> Iterator[Tokens]:
    opened = open_tokens(settings)
    yield opened
    opened.close()


def test_a_token_is_kept_as_its_hash_alone(tokens: Tokens):
    token, text_of_it = tokens.create(Role.SUBMITTER, "ci")

    assert tokens.list() == [token]
    assert token.hash == hash_of(text_of_it)
    assert text_of_it not in repr(token)
    assert (token.name, token.role, token.revoked_at) == ("ci", Role.SUBMITTER, None)


def test_a_revoked_token_stays_listed_and_its_name_is_free_again(tokens: Tokens):
    first, _ = tokens.create(Role.ADMIN, "me")
    with pytest.raises(TokenNameTaken):
        tokens.create(Role.READER, "me")
    tokens.revoke("me")
    second, _ = tokens.create(Role.READER, "me")
    tokens.revoke(second.id)

    assert [(one.id, one.revoked_at is not None) for one in tokens.list()] == [(first.id, True), (second.id, True)]
    for gone in ("me", first.id, "nobody"):
        with pytest.raises(TokenUnknown):
            tokens.revoke(gone)
    tokens.forget()
    assert tokens.list() == []


def test_an_admin_may_hold_a_token_that_was_made_elsewhere(tokens: Tokens):
    tokens.admit("a" * 32)
    tokens.admit("a" * 32)

    (token,) = tokens.list()
    assert (token.role, token.hash, token.revoked_at) == (Role.ADMIN, hash_of("a" * 32), None)
    with pytest.raises(AdminTokenShort, match="32 characters"):
        tokens.admit("admin")


def test_a_new_one_takes_the_place_of_the_one_before_and_no_other(tokens: Tokens):
    mine, _ = tokens.create(Role.ADMIN, "mine")
    tokens.admit("a" * 32)
    tokens.admit("b" * 32)

    assert [one.hash for one in tokens.list() if one.revoked_at is None] == [mine.hash, hash_of("b" * 32)]


def test_a_gateway_that_starts_again_brings_back_no_token_that_was_revoked(tokens: Tokens):
    tokens.admit("a" * 32)
    tokens.revoke(tokens.list()[0].id)
    tokens.admit("a" * 32)

    assert [one.revoked_at is None for one in tokens.list()] == [False]


def test_gateways_that_start_together_admit_one_token(settings: Settings):
    opened = [open_tokens(settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: one.admit("a" * 32), opened))

    assert [one.revoked_at for one in opened[0].list()] == [None]
    for one in opened:
        one.close()


def test_gateways_that_start_together_sign_with_one_key(settings: Settings):
    opened = [open_tokens(settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda one: one.signing_key(), opened))
    for one in opened:
        one.close()

    (key,) = keys
    assert len(key) == 32


def test_a_record_of_the_first_version_gains_what_is_missing(settings: Settings):
    engine = open_database(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE tokens"))
        connection.execute(text("DROP INDEX runs_by_end"))
        connection.execute(text("UPDATE schema_version SET version = 1"))
    engine.dispose()

    engine = open_database(settings.database_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version FROM schema_version")) == SCHEMA_VERSION
    assert "runs_by_end" in {index["name"] for index in inspect(engine).get_indexes("runs")}
    assert "tokens" in inspect(engine).get_table_names()
    engine.dispose()
