"""Where the gateway is: as given, as the environment says, or here, where it is started on first use."""

import time
from dataclasses import dataclass

from rich.console import Console

from tandem.local.platform import Platform
from tandem.settings import Settings, read_settings

#: Seconds in which a gateway of this machine comes back, since supervisor starts it again.
LOCAL_PATIENCE_S = 10.0

#: Plain lines also in a notebook.
notes = Console(stderr=True, highlight=False, soft_wrap=True, force_jupyter=False)


@dataclass(frozen=True)
class Address:
    """A gateway, and by what it knows us."""

    url: str
    token: str | None = None
    #: Seconds that a request waits for a gateway that does not listen yet.
    patience_s: float = 0.0


def find_gateway(url: str | None, token: str | None) -> Address:
    """The gateway that is meant."""
    settings = read_settings()
    if token is None and settings.client_token is not None:
        token = settings.client_token.get_secret_value()
    url = url or settings.client_url
    if url is not None:
        return Address(url if "://" in url else f"http://{url}", token)
    return Address(_local_gateway(settings), token, LOCAL_PATIENCE_S)


def _local_gateway(settings: Settings) -> str:
    """The gateway of this home, with nothing but what jobs need where nothing runs yet."""
    platform = Platform(settings)
    plan = platform.running_plan()
    if plan is None:
        started = time.monotonic()
        notes.print(f"Starting Tandem in {platform.layout.home}.", markup=False)
        platform.layout.make_folders()
        plan = platform.up([], lambda _: None)
        told = f"Ready in {time.monotonic() - started:.1f} s: {plan.gateway_url} ('tandem down' stops it)"
        notes.print(told, markup=False)
    return plan.gateway_url
