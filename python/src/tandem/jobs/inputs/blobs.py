"""The files that jobs read, each in the store once under its hash, and on this machine as few times as can be."""

import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import IO, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from tandem.errors import InputGone, InputUnfit, ObjectMissing
from tandem.jobs.execution.folder import remove
from tandem.jobs.inputs.manifest import Entry, checked
from tandem.stores.base import Store

#: Bytes read at a time.
BLOCK = 1 << 20
#: How many files are brought or fetched at once.
TRANSFERS = 8
#: Seconds after which a copy goes that no job of this machine has read, and what somebody who died has left.
UNUSED_S = 86_400.0
#: Files in folders of jobs may be read by whoever runs the job, and written by nobody.
READ_ONLY = 0o444
TYPE = "application/octet-stream"
#: How copies are called, and what is not one yet.
NAME, SCRATCH, FETCHING = re.compile(r"[0-9a-f]{64}"), ".scratch-", ".fetching-"
#: What names the file without content, which no store takes.
EMPTY = sha256().hexdigest()


class Blobs:
    """Files by their hash: kept in a store, placed into folders as links to one copy that is only read."""

    def __init__(self, store: Store, cache: Path) -> None:
        self.cache = cache
        self._store = store

    def keep(self, file: BinaryIO | IO[bytes]) -> tuple[str, int]:
        """Put a seekable file into the store, unless it is there as we have put it there; its hash and size."""
        name, size = hash_of(file)
        found = self._store.head(_key(name)) if size else None
        if size and (found is None or (found.size, found.content_type) != (size, TYPE)):
            self._store.put(_key(name), cast(BinaryIO, file), content_type=TYPE, replace=True)
        return name, size

    def entry(self, path: Path, name: str) -> Entry:
        """Keep a file of this machine, under the name that it will have among the inputs."""
        checked(name)
        try:
            with path.open("rb") as file:
                return Entry(name, *self.keep(file))
        except OSError as error:
            raise InputUnfit(field=name, reason=f"it cannot be read: {error.strerror}") from None

    def has(self, name: str) -> bool:
        """Whether a file with this hash is kept."""
        return name == EMPTY or self._store.head(_key(name)) is not None

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open the file with this hash for reading. InputGone where it is not kept any more."""
        return self._reading(name)

    def place(self, entries: Iterable[Entry], folder: Path) -> None:
        """Let the files appear in the folder, to be read only. InputGone, with its name, for one that is not kept any
        more."""
        wanted: dict[str, list[Path]] = {}
        for entry in entries:
            wanted.setdefault(entry.sha256, []).append(folder / entry.path)
        for parent in {path.parent for paths in wanted.values() for path in paths}:
            parent.mkdir(parents=True, exist_ok=True)
        place = partial(self._place_one, folder)
        if len(wanted) == 1:
            place(*wanted.popitem())
            return
        with ThreadPoolExecutor(TRANSFERS) as pool:
            list(pool.map(place, wanted.keys(), wanted.values()))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for a while, on the disk that has room for inputs."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.cache, prefix=SCRATCH) as folder:
            yield Path(folder)

    def tidy(self) -> None:
        """Delete copies of what the store has that no job of this machine has read lately, and what was never made
        whole. Jobs that read one now keep it: theirs is a second name of the file."""
        for path in self.cache.iterdir() if self.cache.is_dir() else ():
            is_ours = NAME.fullmatch(path.name) or path.name.startswith((SCRATCH, FETCHING))
            with suppress(FileNotFoundError):
                if is_ours and path.lstat().st_mtime < time.time() - UNUSED_S:
                    remove(path)

    def _place_one(self, folder: Path, name: str, targets: list[Path]) -> None:
        try:
            source = self._at_hand(name)
            for target in targets:
                try:
                    _link(source, target)
                except FileNotFoundError:  # it had not been read for long, and went this very moment
                    source = self._at_hand(name)
                    _link(source, target)
        except ObjectMissing:
            shown = targets[0].relative_to(folder)
            raise InputGone(reason=f"{shown} ({name[:12]}) is not in the store any more") from None

    def _at_hand(self, name: str) -> Path:
        """A file of this machine that holds what is wanted, and that nobody writes to."""
        own = self._own_file_of_store(name)
        if own is not None:
            return own
        cached = self.cache / name
        with suppress(FileNotFoundError):
            if not cached.stat().st_mode & 0o222:
                os.utime(cached)  # it is read now
                return cached
        self.cache.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self.cache, prefix=FETCHING) as draft:
            if name != EMPTY:
                with self._store.get(_key(name)) as body:
                    shutil.copyfileobj(body, draft, BLOCK)
            found, _ = hash_of(draft)
            if found != name:
                raise InputGone(reason=f"what the store has for {name[:12]} is damaged")
            os.fchmod(draft.fileno(), READ_ONLY)
            spare = Path(f"{draft.name}.whole")
            os.link(draft.name, spare)
            spare.rename(cached)
        return cached

    def _own_file_of_store(self, name: str) -> Path | None:
        """The file in which a store of this machine keeps it, if that is as it was put there."""
        if name == EMPTY:
            return None
        address = urlsplit(self._store.url(_key(name)))
        if address.scheme != "file":
            return None
        found = self._store.head(_key(name))
        if found is None:
            raise ObjectMissing(key=_key(name), bucket=self._store.bucket)
        if found.content_type != TYPE:  # the store does not know what it was given in this body
            return None
        path = Path(unquote(address.path))
        try:
            if path.stat().st_mode & 0o777 != READ_ONLY:
                path.chmod(READ_ONLY)
        except OSError:  # it belongs to somebody else
            return None
        return path

    @contextmanager
    def _reading(self, name: str) -> Iterator[BinaryIO]:
        if name == EMPTY:
            yield BytesIO()
            return
        try:
            body = self._store.get(_key(name))
            with body as file:
                yield file
        except ObjectMissing:
            raise InputGone(reason=f"the file {name[:12]} is not in the store any more") from None


def hash_of(file: BinaryIO | IO[bytes]) -> tuple[str, int]:
    """The hash and the size of a whole file."""
    file.seek(0)
    whole, size = sha256(), 0
    while block := file.read(BLOCK):
        whole.update(block)
        size += len(block)
    return whole.hexdigest(), size


def _key(name: str) -> str:
    return f"blobs/{name}"


def _link(source: Path, target: Path) -> None:
    """A second name for the file; a copy where file systems or the number of names allow no more."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(source, target)
        target.chmod(READ_ONLY)
