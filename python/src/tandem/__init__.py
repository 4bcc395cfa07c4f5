"""Tandem executes analyses of single-cell experiments: Python steers, R pedals."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tandem.client.client import Client
    from tandem.client.job import Job
    from tandem.client.sweep import Sweep

__version__ = "0.1.0"
__all__ = ["Client", "Job", "Sweep", "__version__"]

#: What brings an HTTP client is loaded when somebody asks for it, from its module.
OFFERED = {"Client": "tandem.client.client", "Job": "tandem.client.job", "Sweep": "tandem.client.sweep"}


def __getattr__(name: str) -> Any:
    if name not in OFFERED:
        raise AttributeError(f"module 'tandem' has no attribute '{name}'")
    return getattr(import_module(OFFERED[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
