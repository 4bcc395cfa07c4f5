"""Answers that are saved as files."""

from collections.abc import Mapping
from urllib.parse import quote


def saved_as(name: str) -> Mapping[str, str]:
    """The header by which an answer is saved under a name, in whatever script that is (RFC 6266)."""
    quoted = quote(name, errors="replace")
    told = f'filename="{name}"' if quoted == name else f"filename*=UTF-8''{quoted}"
    return {"Content-Disposition": f"attachment; {told}"}
