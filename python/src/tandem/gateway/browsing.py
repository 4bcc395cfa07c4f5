"""The folders that people may look into, and nothing beside them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tandem.errors import ObjectMissing
from tandem.experiments.folder import RESERVED

#: The root of experiments, among whose folders are some that are something else.
EXPERIMENTS = "experiments"
#: Databases that are written to while somebody looks.
STATE = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite-journal")


@dataclass(frozen=True)
class Entry:
    """A file or a folder. The size of a folder is not known."""

    name: str
    path: str
    kind: Literal["folder", "file"]
    size: int | None
    modified: datetime


class Folders:
    """Some folders under names of ours."""

    def __init__(self, roots: Mapping[str, Path]) -> None:
        self._roots = roots

    def find(self, path: str) -> Path:
        """What lies at a path like `experiments/demo`. ObjectMissing if nobody may see it, or it is not there."""
        name, *parts = path.split("/")
        root = self._roots.get(name)
        if root is None or any(map(_is_hidden, parts)) or _is_reserved(name, parts):
            raise ObjectMissing(key=path[:200], bucket="the data folder")
        try:
            home, found = root.resolve(), root.joinpath(*parts).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            raise ObjectMissing(key=path[:200], bucket="the data folder") from None
        if not found.is_relative_to(home) or any(map(_is_hidden, found.relative_to(home).parts)):
            raise ObjectMissing(key=path[:200], bucket="the data folder")
        return found

    def entries(self, path: str, offset: int, limit: int) -> tuple[list[Entry], int]:
        """A part of what is in a folder, folders first, and how much there is in all."""
        if not path:
            roots = [name for name, root in self._roots.items() if root.is_dir()]
            return [self._entry(name, "folder") for name in roots[offset : offset + limit]], len(roots)
        folder = self.find(path)
        if not folder.is_dir():
            raise ObjectMissing(key=path[:200], bucket="the data folder")
        with os.scandir(folder) as found:
            seen = sorted((not entry.is_dir(), entry.name) for entry in found if self._may_be_seen(path, entry))
        chosen = ((f"{path}/{name}", is_file) for is_file, name in seen[offset : offset + limit])
        return [self._entry(inner, "file" if is_file else "folder") for inner, is_file in chosen], len(seen)

    def _may_be_seen(self, path: str, entry: "os.DirEntry[str]") -> bool:
        if _is_hidden(entry.name) or _is_reserved(*_split(f"{path}/{entry.name}")):
            return False
        if not entry.is_symlink():
            return entry.is_dir() or entry.is_file()
        try:
            self.find(f"{path}/{entry.name}")
        except ObjectMissing:
            return False
        return True

    def _entry(self, path: str, kind: Literal["folder", "file"]) -> Entry:
        root, parts = _split(path)
        try:
            about = self._roots[root].joinpath(*parts).stat()
            size, changed = about.st_size, about.st_mtime
        except OSError:  # it went while we looked
            size, changed = 0, 0.0
        modified = datetime.fromtimestamp(changed, UTC)
        return Entry(path.rpartition("/")[2], path, kind, size if kind == "file" else None, modified)


def _split(path: str) -> tuple[str, list[str]]:
    name, *parts = path.split("/")
    return name, parts


def _is_hidden(name: str) -> bool:
    """Whether a name is none of a file that people may see, or none at all."""
    odd = name in ("", ".", "..") or "\0" in name or not name.isprintable()
    return odd or name.startswith(".") or name.endswith(STATE)


def _is_reserved(root: str, parts: list[str]) -> bool:
    return root == EXPERIMENTS and parts[:1] in [[name] for name in RESERVED]
