"""What a job reads: the names, hashes and sizes of its files."""

from collections.abc import Iterable, Sized
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Annotated, NoReturn, Self

from pydantic import Field, TypeAdapter, field_validator
from pydantic.dataclasses import dataclass

from tandem.errors import InputUnfit

#: The longest name of one file or folder and the longest path, in bytes, and how deep folders go.
LONGEST_NAME, LONGEST_PATH, DEEPEST = 255, 1000, 32
#: The most files that one job reads.
MOST_FILES = 100_000


@dataclass(frozen=True)
class Entry:
    """One file: where it lies in the input folder, and what it holds."""

    path: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]

    @field_validator("path")
    @classmethod
    def _is_safe(cls, path: str) -> str:
        return checked(path)


ENTRIES = TypeAdapter(tuple[Entry, ...])


class Manifest:
    """The files that a job reads, in the order of their paths."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: entry.path))
        check_number(self.entries)
        _check_apart(self.entries)

    @cached_property
    def hash(self) -> str:
        """What names exactly these files under these names."""
        whole = sha256()
        for entry in self.entries:
            whole.update(f"{entry.path}\0{entry.sha256}\n".encode())
        return whole.hexdigest()

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(entry.size for entry in self.entries)

    @classmethod
    def together(cls, manifests: Iterable[Self]) -> Self:
        """The files of all. InputUnfit where two have a file of the same path and it is not the same file."""
        return cls({entry for manifest in manifests for entry in manifest.entries})

    def merged(self, other: Self) -> Self:
        """The files of both, as `together` gives them."""
        return self.together((self, other))

    def moved(self, to: str) -> Self:
        """The same files: `to` is a folder, or without `/` at its end the name of a file that is alone."""
        if len(self.entries) == 1 and not to.endswith("/"):
            return type(self)([replace(self.entries[0], path=to)])
        folder = to.rstrip("/")
        return type(self)(replace(entry, path=f"{folder}/{entry.path}") for entry in self.entries)

    def to_json(self) -> str:
        """A list of the files, which `from_json` reads."""
        return ENTRIES.dump_json(self.entries).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The manifest that was written so."""
        return cls(ENTRIES.validate_json(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manifest) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)


def checked(path: str) -> str:
    """The path itself, if it is a plain one that stays inside of a folder on any system; InputUnfit otherwise."""
    parts = path.split("/")
    if not path or "" in parts:
        _refuse(path, "a part of its name is empty, or it begins or ends with '/'")
    if any(part in (".", "..") for part in parts):
        _refuse(path, "its name leads out of the folder")
    if "\\" in path or not path.isprintable():
        _refuse(path, "its name has signs that names of files cannot have")
    too_long = any(len(part.encode()) > LONGEST_NAME for part in parts)
    if too_long or len(path.encode()) > LONGEST_PATH or len(parts) > DEEPEST:
        _refuse(path, "its name is too long")
    return path


def check_number(files: Sized) -> None:
    """InputUnfit where these are more files than one job reads."""
    if len(files) > MOST_FILES:
        _refuse("files", f"there are more than {MOST_FILES:,}")


def _check_apart(entries: tuple[Entry, ...]) -> None:
    """InputUnfit where two files have one path, or a file lies where another needs a folder."""
    paths: set[str] = set()
    for entry in entries:
        if entry.path in paths:
            _refuse(entry.path, "there are two different files of this name")
        paths.add(entry.path)
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            if (folder := "/".join(parts[:depth])) in paths:
                _refuse(folder, f"it is a file, and {path} needs a folder of this name")


def _refuse(path: str, reason: str) -> NoReturn:
    shown = "".join(sign if sign.isprintable() else "?" for sign in path[:120])
    raise InputUnfit(field=shown or "''", reason=reason)
