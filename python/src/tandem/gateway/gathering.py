"""Puts the parts of a gateway together, as the settings say."""

from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any

from tandem.errors import AdminTokenMissing, ExperimentMissing
from tandem.experiments.origin import Origin
from tandem.gateway.api.models import task_of
from tandem.gateway.expectations import Expectations
from tandem.gateway.live import Live
from tandem.gateway.parts import Parts
from tandem.gateway.security.addresses import Addresses
from tandem.gateway.security.keyring import Keyring
from tandem.gateway.shelf import Shelf
from tandem.gateway.sockets.door import Sockets
from tandem.records.base import Progress, Run
from tandem.records.database import open_database
from tandem.records.sql import SqlRecord
from tandem.records.tallies import Tallies
from tandem.records.tokens import Role, Tokens
from tandem.settings import Settings
from tandem.stores import open_store


def gather(settings: Settings) -> Parts:
    """All parts. AdminTokenMissing where others can reach the gateway and nobody could be told apart."""
    database = open_database(settings.database_url)
    record, tokens = SqlRecord(database), Tokens(database)
    beyond = not is_loopback(settings.gateway_host)
    if beyond and not any(token.role is Role.ADMIN and token.revoked_at is None for token in tokens.list()):
        raise AdminTokenMissing(host=settings.gateway_host)
    keyring = Keyring(tokens, always=beyond)
    expectations = Expectations(record)
    live = Live(record, partial(_told, expectations))
    shelf = Shelf(settings)

    def known(experiment: str) -> bool:
        with suppress(ExperimentMissing):
            return shelf.folder(experiment).is_dir()
        return False

    return Parts(
        settings=settings,
        record=record,
        results=open_store(settings, "worker-results"),
        shelf=shelf,
        live=live,
        origin=Origin(settings),
        expectations=expectations,
        keyring=keyring,
        addresses=Addresses(tokens.signing_key(), keyring),
        sockets=Sockets(settings, keyring, live, known),
        tallies=Tallies(database),
    )


def _told(expectations: Expectations, run: Run, progress: Progress | None) -> Any:
    return task_of(run, progress, expectations.of(run)).model_dump(mode="json", by_alias=True)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
