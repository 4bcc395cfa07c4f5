"""A program's files in the store, as they were when a job was accepted, and on a runner's disk again."""

import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import IO, BinaryIO

from tandem.durable import DISK_FULL
from tandem.errors import NotStarted, ObjectMissing
from tandem.jobs.programs.library import Program
from tandem.jobs.programs.version import changing, files_of, hash_of, is_executable
from tandem.stores.base import Store

#: Where programs lie in the store, each under its name.
PREFIX = "programs/"
#: What an archive that is not whole ends with.
DAMAGED = (tarfile.TarError, zlib.error, EOFError, OSError)
#: Modes of what is unpacked: to be read, and never written.
PLAIN, EXECUTABLE, FOLDER = 0o444, 0o555, 0o555


def keep(program: Program, store: Store) -> None:
    """Put the program's files into the store, unless they are there. The same files make the same bytes."""
    key = _key(program.name, program.hash)
    if store.head(key):
        return
    with TemporaryFile() as archive:
        try:
            _pack(program.folder, archive)
            archive.seek(0)
            is_same = _hash(archive) == program.hash
        except OSError as error:
            if error.errno in DISK_FULL:
                raise
            is_same = False  # a file went, or became shorter while it was read
        if not is_same:
            raise changing(program.name)
        store.put(key, archive, content_type="application/gzip")


def fetch(store: Store, name: str, hash: str, cache: Path) -> Path:  # noqa: A002  what it is called everywhere
    """The folder with the program's files, which may only be read; it is unpacked once and used again. NotStarted where
    the store has it no more, or not as it was."""
    place = cache / hash
    if place.is_dir():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryFile() as archive, _stage(cache) as stage:
        try:
            with store.get(_key(name, hash)) as body:
                shutil.copyfileobj(body, archive)
        except ObjectMissing:
            raise NotStarted(reason=f"the files of the program '{name}' are not in the store any more") from None
        archive.seek(0)
        try:
            sound = _hash(archive) == hash
        except DAMAGED:
            sound = False
        if not sound:
            raise NotStarted(reason=f"the files of the program '{name}' in the store are damaged")
        archive.seek(0)
        _unpack(archive, stage)
        try:
            stage.rename(place)
        except OSError:  # another runner was faster
            if not place.is_dir():
                raise
    return place


def _key(name: str, whole: str) -> str:
    return f"{PREFIX}{name}/{whole}.tar.gz"


def _pack(folder: Path, archive: IO[bytes]) -> None:
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=archive, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in files_of(folder):
            with (folder / name).open("rb") as file:
                state = os.fstat(file.fileno())
                member = tarfile.TarInfo(name)
                member.size = state.st_size
                member.mode = 0o755 if is_executable(state.st_mode) else 0o644
                tar.addfile(member, file)


def _hash(archive: BinaryIO | IO[bytes]) -> str:
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        return hash_of(_members(tar))


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bool, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member)
        if content is not None:
            yield member.name, is_executable(member.mode), content


def _unpack(archive: BinaryIO | IO[bytes], folder: Path) -> None:
    """Write the files whose hash is known to be right, so that nobody writes to them again."""
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        for name, executable, content in _members(tar):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                shutil.copyfileobj(content, file)
                os.fchmod(file.fileno(), EXECUTABLE if executable else PLAIN)
    for where, *_ in os.walk(folder, topdown=False):
        Path(where).chmod(FOLDER)


@contextmanager
def _stage(cache: Path) -> Iterator[Path]:
    """A hidden folder in the cache that is removed unless it got its name."""
    stage = Path(mkdtemp(prefix=".unpacking-", dir=cache))
    try:
        yield stage
    finally:
        if stage.is_dir():
            for where, *_ in os.walk(stage):
                Path(where).chmod(0o700)
            shutil.rmtree(stage, ignore_errors=True)
