"""Programs in the store, put there for gateways and runners that do not have their folder."""

import getpass
import json
import logging
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tandem.errors import NotStarted, ObjectMissing, ProgramUnsound, StoreUnavailable
from tandem.jobs.programs import packing
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.packing import PREFIX
from tandem.jobs.programs.toml import FILE, NAME, parse
from tandem.stores.base import Store

log = logging.getLogger(__name__)

#: What beside a program's versions says which one is meant.
INDEX = "published.json"
#: For so many seconds the store is believed to hold what it held.
FRESH_S = 5.0


class Publication(BaseModel):
    """Which version of a program was published, and by whom."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    commit: str | None = None
    by: str = ""
    at: str = ""


def publish(program: Program, store: Store) -> None:
    """Put its files into the store, then the word that they are the ones to be used."""
    packing.keep(program, store)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    told = Publication(hash=program.hash, commit=program.commit, by=getpass.getuser(), at=at)
    body = BytesIO(told.model_dump_json(indent=2).encode())
    store.put(f"{PREFIX}{program.name}/{INDEX}", body, content_type="application/json", replace=True)


class Published:
    """The programs that a store offers."""

    def __init__(self, store: Store, cache: Path) -> None:
        self._store, self._cache = store, cache
        self._names: frozenset[str] = frozenset()
        self._looked_at = -FRESH_S
        self._lock = Lock()

    def names(self) -> frozenset[str]:
        """All of them, as far as is known while the store is away."""
        with self._lock:
            if monotonic() - self._looked_at >= FRESH_S:
                self._look()
            return self._names

    def _look(self) -> None:
        self._looked_at = monotonic()
        try:
            keys = [found.key.split("/") for found in self._store.list(PREFIX)]
        except StoreUnavailable as error:
            log.warning("%s", error)
        else:
            self._names = frozenset(key[1] for key in keys if key[2:] == [INDEX] and re.fullmatch(NAME, key[1]))

    def load(self, name: str) -> Program:
        """One of them, with its files in the cache. ProgramUnsound where they cannot be used."""
        try:
            with self._store.get(f"{PREFIX}{name}/{INDEX}") as body:
                told = Publication.model_validate(json.loads(body.read()))
        except (ValueError, ObjectMissing) as error:
            reason = "what the store says of it is damaged; publish it again"
            raise ProgramUnsound(program=name, field="program", reason=reason) from error
        try:
            folder = packing.fetch(self._store, name, told.hash, self._cache)
        except NotStarted as error:
            raise ProgramUnsound(program=name, field="program", reason=error.facts["reason"]) from error
        return Program(name, folder, parse((folder / FILE).read_text(), name), told.hash, told.commit)
