"""How far an import or export is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step as it is now. `parts` is 0 where nobody knows how many there are."""

    name: str
    label: str
    is_done: bool = False
    seconds: float = 0.0
    note: str = ""
    done: int = 0
    parts: int = 0
    #: Which step it is, of how many; 0 where that is not known.
    number: int = 0
    of: int = 0


Listener = Callable[[Step], None]
