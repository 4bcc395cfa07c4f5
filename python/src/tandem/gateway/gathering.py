"""Puts the parts of a gateway together, as the settings say."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

from tandem.cluster import needed_by
from tandem.errors import AdminTokenMissing, ExperimentMissing
from tandem.experiments.folder import fault_in_name
from tandem.experiments.origin import Origin
from tandem.gateway.api.models import task_of
from tandem.gateway.assignment.assigner import Assigner
from tandem.gateway.assignment.backlog import Backlog
from tandem.gateway.caretaker import Caretaker
from tandem.gateway.expectations import Expectations
from tandem.gateway.imports import Imports
from tandem.gateway.job_news import JobNews
from tandem.gateway.live import Event, Live
from tandem.gateway.neighbour import Neighbour
from tandem.gateway.parts import Parts
from tandem.gateway.queues import Queues, check_apart
from tandem.gateway.security.addresses import Addresses
from tandem.gateway.security.keyring import Keyring
from tandem.gateway.security.origins import is_loopback
from tandem.gateway.shelf import Shelf
from tandem.gateway.sockets.door import Sockets
from tandem.gateway.standing import Standing
from tandem.jobs.programs.library import Library
from tandem.jobs.submission import Desk
from tandem.local.experiments import exchange_places
from tandem.local.plan import read_plan
from tandem.local.platform import Platform
from tandem.records.base import Progress, Run
from tandem.records.bundle import Records
from tandem.records.database import open_database
from tandem.records.job_tallies import JobTallies
from tandem.records.tallies import Tallies
from tandem.records.tokens import Role, Tokens
from tandem.settings import Settings
from tandem.stores import open_store


def gather(settings: Settings) -> Parts:
    """All parts. AdminTokenMissing where others can reach the gateway and nobody could be told apart."""
    database = open_database(settings.database_url)
    records, tokens = Records.of(database), Tokens(database)
    record, tallies = records.runs, Tallies(database)
    beyond = not (is_loopback(settings.gateway_host) or settings.gateway_is_private)
    if settings.admin_token is not None:
        tokens.admit(settings.admin_token.get_secret_value())
    if beyond and not any(token.role is Role.ADMIN and token.revoked_at is None for token in tokens.list()):
        raise AdminTokenMissing(host=settings.gateway_host)
    keyring = Keyring(tokens, always=beyond)
    expectations = Expectations(record)
    live = Live(record, partial(_told, expectations), JobNews(records))

    def tell(experiment: str, standing: Standing) -> None:
        live.tell(Event("experiment", experiment, {"id": experiment, **asdict(standing)}))

    platform = Platform(settings)
    is_local = settings.store_is_embedded
    assigner = _assigner(settings, tallies, tell) if settings.assign_namespace else None
    is_platform = is_local and assigner is None and read_plan(platform.layout.plan) is not None
    caretaker = Caretaker(platform, record.last_used, tell) if is_platform else None
    neighbour = _neighbour(settings, tell) if caretaker is None and assigner is None else None
    shelf = Shelf(settings, record, caretaker, assigner, neighbour)
    imports = Imports(platform.layout, record, lambda name: tell(name, shelf.standing(name))) if is_local else None

    job_store = open_store(settings, "jobs")
    library = Library.of(settings, job_store)

    def known(experiment: str) -> bool:
        if not is_local:
            return fault_in_name(experiment) is None  # whether it is in the buckets takes too long to ask
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
        tallies=tallies,
        job_tallies=JobTallies(database),
        desk=Desk(settings, records, job_store, library, exchange_places(platform.layout) if is_local else None),
        records=records,
        job_store=job_store,
        library=library,
        imports=imports,
        caretaker=caretaker,
        assigner=assigner,
        neighbour=neighbour,
    )


def _assigner(settings: Settings, tallies: Tallies, tell: Callable[[str, Standing], None]) -> Assigner:
    check_apart(settings)
    with needed_by("TANDEM_ASSIGN_NAMESPACE", settings.assign_namespace or ""):
        from tandem.gateway.assignment.workers import Workers
    queues = Queues(settings)
    backlog = Backlog(tallies.under_way, queues.of)
    return Assigner(Workers.of(settings), lambda name: queues.settings_of(name).queue_hash, backlog, tell)


def _neighbour(settings: Settings, tell: Callable[[str, Standing], None]) -> Neighbour | None:
    experiment, status = settings.experiment_id, settings.status_file
    return Neighbour(experiment, status, tell) if experiment and status else None


def _told(expectations: Expectations, run: Run, progress: Progress | None) -> Any:
    return task_of(run, progress, expectations.of(run)).model_dump(mode="json", by_alias=True)
