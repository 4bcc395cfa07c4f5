"""How jobs are named: by what decides their result, so that equal jobs have equal names."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


def key_of(version: str, input_hash: str | None, parameters: Mapping[str, Any], command: tuple[str, ...]) -> str:
    """One name for one program version, input and configuration."""
    said = json.dumps([version, input_hash, parameters, command], sort_keys=True, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()
