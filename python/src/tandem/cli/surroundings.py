"""What every command needs to know first: the settings, the platform, the experiment that is meant."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tandem.experiments.folder import available
from tandem.local.experiments import check_built
from tandem.local.plan import settings_for
from tandem.local.platform import Platform
from tandem.records.base import Record
from tandem.settings import Settings
from tandem.settings import read_settings as read_settings

if TYPE_CHECKING:
    from tandem.client.client import Client

#: Which experiment is run when nobody says.
DEFAULT_EXPERIMENT = "demo"


def open_platform() -> Platform:
    """The platform of this home."""
    return Platform(read_settings())


def connected_settings(experiment: str | None) -> Settings:
    """The settings that lead to the queue, the store and the record of an experiment: those of the environment where
    they name a queue, else those of the platform that runs here, which opens what is asked for."""
    settings = read_settings()
    if settings.queue_url is not None:
        return settings.model_copy(update={"experiment_id": experiment or settings.experiment_id})
    platform = Platform(settings)
    plan = platform.plan()
    if experiment is not None and experiment not in plan.experiments:
        check_built(platform.layout, experiment)
    wanted = experiment or settings.experiment_id
    if experiment is None and wanted not in plan.experiments:
        wanted = next(iter((*plan.experiments, *available(platform.layout.data))), None)
    return settings_for(settings, platform.layout, plan, wanted)


def open_client() -> "Client":
    """The gateway that jobs go to: the one of the environment, else the one here, started on first use."""
    from tandem.client.client import Client  # brings an HTTP client, and most commands do without

    return Client()


def open_record(settings: Settings) -> Record:
    """The record of runs."""
    from tandem.records import sql  # SQL takes long to load, and most commands do without

    return sql.open_record(settings)


def command_name(home: Path) -> str:
    """How the person can call us again."""
    return "./tandem" if Path(sys.prefix) == home / ".tandem" / "venv" else "tandem"
