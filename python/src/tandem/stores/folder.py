"""The embedded store: a folder whose files are the objects, readable with any tool.

What a file cannot say of itself (type, encoding, tags, checksum) stands in a note under `.about`. A note is named
after the very body it describes, so that a body and its note become visible in one step: the renaming of the body.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from stat import S_ISREG
from tempfile import NamedTemporaryFile
from time import time_ns
from typing import IO, BinaryIO

from pydantic import TypeAdapter, ValidationError

from tandem.blocks import blocks_of
from tandem.durable import sync
from tandem.errors import ObjectMissing, StoreUnavailable
from tandem.stores.base import Stored
from tandem.stores.keys import checked


@dataclass(frozen=True)
class Note:
    """What a body's file cannot say of itself."""

    etag: str
    content_type: str | None = None
    content_encoding: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


NOTE = TypeAdapter(Note)


class FolderStore:
    """A bucket in a folder. Any number of processes may use it at once; dead writers leave nothing visible."""

    def __init__(self, folder: Path, bucket: str) -> None:
        self.bucket = bucket
        self._root = folder / bucket
        self._notes = self._root / ".about"
        self._incoming = self._root / ".incoming"
        with self._faults(""):
            self._notes.mkdir(parents=True, exist_ok=True)
            self._incoming.mkdir(exist_ok=True)
            self._sweep()

    def put(
        self,
        key: str,
        body: BinaryIO,
        *,
        content_type: str,
        content_encoding: str | None = None,
        tags: Mapping[str, str] | None = None,
        replace: bool = False,
        expected: str | None = None,
    ) -> bool:
        """Copy the body beside its place, make it durable, then let it appear under its key."""
        place = self._place(key)
        with self._faults(key):
            if not replace and _state(place):
                return False
            with self._draft() as draft:
                etag = _copy(body, draft)
                note = Note(etag, content_type, content_encoding, dict(tags or {}))
                path = self._write_note(key, Path(draft.name), note)
                with self._locked():
                    may = replace or not _state(place)
                    if not may or (expected is not None and not self._holds(key, expected)):
                        path.unlink(missing_ok=True)
                        return False
                    self._publish(key, Path(draft.name))
            # Others need not wait until the disk has the names, too.
            sync(path.parent, place.parent)
            return True

    def get(self, key: str, offset: int = 0) -> AbstractContextManager[BinaryIO]:
        """Open the file itself."""
        with self._faults(key):
            try:
                file = self._place(key).open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise ObjectMissing(key=key, bucket=self.bucket) from None
            if not os.fstat(file.fileno()).st_size:
                file.close()
                raise ObjectMissing(key=key, bucket=self.bucket)
            file.seek(offset)
            return file

    def head(self, key: str) -> Stored | None:
        """What the file and its note say."""
        self._place(key)
        with self._faults(key):
            return self._describe(key)

    def list(self, prefix: str = "") -> Iterator[Stored]:
        """Walk the folders that the prefix leaves in question."""
        parent = prefix.rpartition("/")[0]
        start = self._root / checked(parent) if parent else self._root
        keys: list[str] = []
        for folder, folders, names in os.walk(start):
            folders[:] = self._ours(folder, folders)
            inside = Path(folder).relative_to(self._root)
            keys += [(inside / name).as_posix() for name in self._ours(folder, names)]
        for key in sorted(keys):
            if key.startswith(prefix):
                with self._faults(key):
                    found = self._describe(key)
                if found:
                    yield found

    def delete(self, key: str) -> None:
        """Remove the file, then its note."""
        place = self._place(key)
        with self._faults(key), self._locked():
            if state := _state(place):
                place.unlink()
                self._note(key, state).unlink(missing_ok=True)

    def usage(self) -> tuple[int, int]:
        """The bytes of all objects, and how many there are."""
        size = number = 0
        for folder, folders, names in os.walk(self._root):
            folders[:] = self._ours(folder, folders)
            for name in self._ours(folder, names):
                state = _state(Path(folder) / name)
                if state is not None:
                    size, number = size + state.st_size, number + 1
        return size, number

    def url(self, key: str, expires_s: int = 3600) -> str:  # noqa: ARG002  a file's address does not expire
        """The file's own address."""
        return self._place(key).absolute().as_uri()

    def _ours(self, folder: str, names: Iterable[str]) -> Iterator[str]:
        """The names in a folder that belong to keys: what is hidden in the first one is the store's own."""
        at_root = Path(folder) == self._root
        return (name for name in names if not (at_root and name.startswith(".")))

    def _place(self, key: str) -> Path:
        return self._root / checked(key)

    def _note(self, key: str, state: os.stat_result) -> Path:
        """Where the note on this very body lies."""
        return self._notes / f"{key}@{_stamp(state)}.json"

    def _describe(self, key: str) -> Stored | None:
        place = self._root / key
        state = _state(place)
        while state is not None:
            try:
                note = NOTE.validate_json(self._note(key, state).read_bytes())
            except (FileNotFoundError, ValidationError):
                # A file that somebody put here by hand: its stamp is as good a checksum as there is for free.
                note = Note(etag=_stamp(state))
            before, state = state, _state(place)
            if state is not None and _stamp(state) == _stamp(before):
                modified = datetime.fromtimestamp(state.st_mtime, UTC)
                return Stored(
                    key, state.st_size, note.etag, modified, note.content_type, note.content_encoding, note.tags
                )
        return None

    def _holds(self, key: str, etag: str) -> bool:
        known = self._describe(key)
        return known is not None and known.etag == etag

    def _write_note(self, key: str, draft: Path, note: Note) -> Path:
        """See that draft and note are on disk. Nobody looks for the note before its body is published."""
        path = self._note(key, draft.stat())
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.write_bytes(NOTE.dump_json(note))
            sync(path, draft)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def _publish(self, key: str, draft: Path) -> None:
        """The one visible step is the renaming; everything that it needs is on disk before."""
        place = self._root / key
        place.parent.mkdir(parents=True, exist_ok=True)
        replaced = _state(place)
        draft.replace(place)
        if replaced:
            self._note(key, replaced).unlink(missing_ok=True)

    @contextmanager
    def _draft(self) -> Iterator[IO[bytes]]:
        """A file that is removed unless it was published; its lock says that its writer lives."""
        with self._locked():
            draft = NamedTemporaryFile(dir=self._incoming, delete=False)  # noqa: SIM115
            fcntl.flock(draft, fcntl.LOCK_EX)
        try:
            yield draft
        finally:
            draft.close()
            Path(draft.name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what writers left that died."""
        with self._locked():
            for left in self._incoming.iterdir():
                # A writer is at work in it, or has just removed it itself.
                with suppress(BlockingIOError, FileNotFoundError), left.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time; the system lets go for a process that dies."""
        with (self._root / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _faults(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailable(bucket=self.bucket, key=key, reason=error.strerror or error) from error


def _state(place: Path) -> os.stat_result | None:
    """The state of a body; None if it is absent, empty or no file."""
    try:
        state = place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state if state.st_size and S_ISREG(state.st_mode) else None


def _stamp(state: os.stat_result) -> str:
    """What tells one body from the next under the same key."""
    return f"{state.st_mtime_ns:x}-{state.st_size:x}"


def _copy(body: BinaryIO, draft: IO[bytes]) -> str:
    """Copy and return the checksum."""
    checksum = md5(usedforsecurity=False)
    body.seek(0)
    for block in blocks_of(body):
        checksum.update(block)
        draft.write(block)
    draft.flush()
    # The file system's own times are too coarse to tell two quick writers apart.
    now = time_ns()
    os.utime(draft.fileno(), ns=(now, now))
    return checksum.hexdigest()
