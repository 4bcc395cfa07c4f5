"""Archives of others, unpacked so that nothing in them can do harm."""

import gzip
import math
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Literal, NoReturn, Self

from tandem.blocks import blocks_of
from tandem.errors import InputUnusable, TandemError
from tandem.exchange.text import first_bytes, is_gzip, text_pieces

#: Up to here an archive may grow as it likes; from here on by this factor and into this part of the free disk.
HARMLESS_BYTES = 1 << 30
MOST_GROWTH = 200
PART_OF_DISK = 0.8
MOST_FILES = 100_000
ENCRYPTED = 1
TAR_MAGIC, TAR_MAGIC_AT = b"ustar", 257
#: What stands before a file in a tar, its long name and the like, is read whole; it is never longer, in bytes.
LONGEST_HEADER = 1 << 20


def archive_kind(path: Path) -> Literal["zip", "tar"] | None:
    """What an archive the file is, by its content."""
    start = first_bytes(path, TAR_MAGIC_AT + len(TAR_MAGIC))
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return "tar" if start[TAR_MAGIC_AT:] == TAR_MAGIC else None


def unpack(path: Path, folder: Path) -> None:
    """Put the archive's files into the folder, or nothing but a sentence of why not."""
    members = _zip_members if archive_kind(path) == "zip" else _tar_members
    budget = _Budget(path, folder)
    try:
        for number, (name, content) in enumerate(members(path), 1):
            if number > MOST_FILES:
                _refuse(path, f"it holds more than {MOST_FILES:,} files or folders")
            target = folder / _safe(path, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for piece in blocks_of(content):
                    budget.spend(len(piece))
                    file.write(piece)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        _refuse(path, "it holds two files of the same name")
    except TandemError:
        raise
    except Exception as error:  # readers of archives fail in as many ways as there are damaged ones
        if isinstance(error, OSError) and error.strerror:
            _refuse(path, f"it cannot be unpacked: {error.strerror}")
        _refuse(path, "the archive is damaged or cut off; fetch it again")


def decompress(path: Path, target: Path) -> None:
    """Write what a gzipped file holds."""
    budget = _Budget(path, target.parent)
    with target.open("xb") as file:
        for piece in text_pieces(path):
            budget.spend(len(piece))
            file.write(piece)


class _Budget:
    """How much may still be written for an archive."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._growth = max(HARMLESS_BYTES, MOST_GROWTH * path.stat().st_size)
        self._disk = int(PART_OF_DISK * shutil.disk_usage(folder).free)
        self._spent = 0

    def spend(self, size: int) -> None:
        self._spent += size
        if self._spent > self._growth:
            _refuse(self._path, f"what it holds is more than {MOST_GROWTH} times as large as itself, as only bombs are")
        if self._spent > self._disk:
            _refuse(self._path, "there is no room on the disk for what it holds")


def _zip_members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            if not member.filename:
                _refuse(path, "it holds a file without a name")
            if member.flag_bits & ENCRYPTED:
                _refuse(path, "it is encrypted; unpack it with its password first")
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                _refuse(path, f"it holds {_shown(member.filename)}, which is no plain file")
            if not member.is_dir():
                with archive.open(member) as content:
                    yield member.filename, content


class _Member(tarfile.TarInfo):
    """What stands before a file in a tar. One that is damaged is an error, and not the end of the archive."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            member = super().fromtarfile(archive)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            raise tarfile.ReadError(str(error)) from None
        if member.size < 0:
            raise tarfile.ReadError("a file has less than no bytes")
        return member


class _Watched:
    """The bytes of a tar, of which no more may be read than are left."""

    def __init__(self, file: BinaryIO | gzip.GzipFile) -> None:
        self._file = file
        self.left: float = LONGEST_HEADER

    def read(self, size: int = -1) -> bytes:
        self.left -= size if size >= 0 else math.inf
        if self.left < 0:
            raise tarfile.ReadError("what stands before a file is too long")
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _tar_members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with (
        gzip.open(path) if is_gzip(path) else path.open("rb") as file,
        tarfile.open(fileobj=(watched := _Watched(file)), tarinfo=_Member, mode="r:") as archive,
    ):
        for number, member in enumerate(archive, 1):
            if number > MOST_FILES:
                _refuse(path, f"it holds more than {MOST_FILES:,} files or folders")
            watched.left = LONGEST_HEADER
            if member.isdir():
                continue
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                _refuse(path, f"it holds {_shown(member.name)}, which is no plain file")
            watched.left = math.inf
            with content:
                yield member.name, content
            watched.left = LONGEST_HEADER


def _safe(path: Path, name: str) -> Path:
    """The name, if it lies inside of the folder wherever that is."""
    found = PurePosixPath(name.replace("\\", "/"))
    if found.is_absolute() or ".." in found.parts or not found.parts or "\0" in name or ":" in found.parts[0]:
        _refuse(path, f"it holds {_shown(name)}, a name that leads out of the folder")
    return Path(*found.parts)


def _shown(name: str) -> str:
    return "'" + "".join(sign if sign.isprintable() else "?" for sign in name[:80]) + "'"


def _refuse(path: Path, reason: str) -> NoReturn:
    raise InputUnusable(path=path, reason=reason)
