"""What an examination finds."""

from dataclasses import dataclass

#: Less free disk than this is too little for results, jobs and logs, in bytes.
ENOUGH_DISK = 2 << 30


@dataclass(frozen=True)
class Finding:
    """One thing looked at: in order, or wrong with a remedy."""

    what: str
    fine: bool
    detail: str
    remedy: str = ""
