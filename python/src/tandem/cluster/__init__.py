"""What is asked of a Kubernetes API, and what is read of its answers. It needs the optional package `kubernetes`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tandem.errors import InvalidSetting

#: A thing that the cluster tells of, as its JSON has it.
Object = Mapping[str, Any]


@contextmanager
def needed_by(setting: str, value: str) -> Iterator[None]:
    """Import within: InvalidSetting, of the setting that wants a cluster, where the package is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        reason = f"the package '{error.name}' is missing; install tandem[kubernetes]"
        raise InvalidSetting(name=setting, value=value, reason=reason) from error
