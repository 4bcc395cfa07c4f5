"""What is fuzzed: code that takes any bytes, and lets no other errors out than those that people are told of."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tandem.errors import TandemError


@dataclass(frozen=True)
class Target:
    """One of the doors through which others' bytes come in."""

    #: Raises for no bytes at all.
    run: Callable[[bytes], None]
    #: Sound inputs, which damage begins with.
    seeds: Callable[[], Iterable[bytes]]
    #: How many examples the tests try.
    examples: int = 150


@contextmanager
def only(*kinds: type[Exception]) -> Iterator[None]:
    """Let these errors pass (without any: those of our tree), if their sentence can be sent to somebody."""
    ours = kinds or (TandemError,)
    try:
        yield
    except ours as error:
        str(error).encode()


def texts(*paths: Path) -> list[bytes]:
    """What the files hold."""
    return [path.read_bytes() for path in paths]
