"""Keeps the data folder equal to the buckets: downloads aside, checks, and puts in place whole."""

import hashlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tandem.blocks import BLOCK_BYTES
from tandem.errors import InvalidRequest, ObjectMissing, StoreUnavailable
from tandem.experiments.cell_sets import CellSets
from tandem.experiments.source import CELL_SETS_FILE, DATASET_FILE
from tandem.stores.base import Store, Stored

log = logging.getLogger(__name__)

#: The buckets are looked at this often at the most, in seconds, unless a client asks for more.
LOOK_S = 60.0
#: A broken download goes on where it stopped, this many times, before the task is handed back.
RESUMES = 5
#: The files that downloads grow in.
PARTS = f".{DATASET_FILE}.{'[0-9a-f]' * 40}"
#: The ETag of an object that was put in one piece is its MD5.
WHOLE_MD5 = re.compile(r"^[0-9a-f]{32}$")


class SyncedSource:
    """The buckets of processed matrices and cell sets are the truth; the data folder is their copy."""

    def __init__(self, experiment: str, folder: Path, matrices: Store, cell_sets: Store) -> None:
        self._experiment, self._folder = experiment, folder
        self._matrices, self._cell_sets_store = matrices, cell_sets
        self._lock = threading.Lock()
        self._looked_at = -LOOK_S
        self._cell_sets_etag = ""
        self._cell_sets = CellSets(())

    def refresh(self, *, at_once: bool, tell: Callable[[], None]) -> None:
        """Look at the bucket, and fetch the dataset if it is another one than ours."""
        with self._lock:
            if not at_once and time.monotonic() - self._looked_at < LOOK_S:
                return
            self._fetch_dataset(tell)
            self._looked_at = time.monotonic()

    def cell_sets(self) -> CellSets:
        """Ask for the ETag, and fetch the cell sets only if it changed."""
        with self._lock:
            known = self._cell_sets_store.head(self._experiment)
            if known is None:
                raise InvalidRequest(reason="the experiment has no cell sets")
            if known.etag != self._cell_sets_etag:
                with self._cell_sets_store.get(self._experiment) as file:
                    text = file.read()
                self._cell_sets = CellSets.from_json(text)
                self._cell_sets_etag = known.etag
                _write_whole(self._folder / CELL_SETS_FILE, text)
            return self._cell_sets

    def _fetch_dataset(self, tell: Callable[[], None]) -> None:
        key = f"{self._experiment}/{DATASET_FILE}"
        target = self._folder / DATASET_FILE
        note = self._folder / f".{DATASET_FILE}.etag"
        known = self._matrices.head(key)
        if known is None:
            if target.exists():
                return
            raise StoreUnavailable(bucket=self._matrices.bucket, key=key, reason="the experiment is not there yet")
        if target.exists() and note.exists() and note.read_text() == known.etag:
            return
        tell()
        log.info("fetching the dataset, %d bytes", known.size)
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / part_name(known.etag)
        for part in self._folder.glob(PARTS):
            if part != aside:
                part.unlink(missing_ok=True)  # of an object that was replaced before it was all here
        self._download(known, aside)
        note.unlink(missing_ok=True)
        aside.replace(target)
        note.write_text(known.etag)

    def _download(self, known: Stored, aside: Path) -> None:
        """Fetch into a file aside, going on where an earlier try (or an earlier process) stopped."""
        for resume in range(RESUMES + 1):
            have = aside.stat().st_size if aside.exists() else 0
            try:
                if have < known.size:
                    with self._matrices.get(known.key, offset=have) as source, aside.open("ab") as target:
                        shutil.copyfileobj(source, target, BLOCK_BYTES)
                break
            except (OSError, StoreUnavailable, ObjectMissing) as error:
                if resume == RESUMES:
                    raise StoreUnavailable(bucket=self._matrices.bucket, key=known.key, reason=str(error)) from error
                log.warning("the download broke off and goes on: %s", error)
                time.sleep(1.0)
        if aside.stat().st_size != known.size or not _sound(aside, known.etag):
            aside.unlink()
            raise StoreUnavailable(
                bucket=self._matrices.bucket, key=known.key, reason="the download does not match its checksum"
            )


def part_name(etag: str) -> str:
    """The file that a download of this object grows in; another process, or a later one, goes on with it."""
    return f".{DATASET_FILE}.{hashlib.sha1(etag.encode(), usedforsecurity=False).hexdigest()}"


def _sound(path: Path, etag: str) -> bool:
    """Whether the file is the object, as far as its ETag tells."""
    if not WHOLE_MD5.match(etag):
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == etag


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(content)
    aside.replace(path)
