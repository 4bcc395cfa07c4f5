"""What a job is to read, as people name it: files and folders here, and sources that the gateway fetches."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from tandem.errors import UsageError

#: What begins so is fetched by the gateway.
ELSEWHERE = ("s3://", "http://", "https://")

#: One input: a path, an address, or a source in the words of the API.
Input = str | PurePath | Mapping[str, Any]


@dataclass
class Inputs:
    """What is sent, under which names, and what the gateway fetches itself."""

    files: dict[str, Path] = field(default_factory=dict)
    sources: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, given: Any) -> "Inputs":
        """One input or several. UsageError for a path where nothing is, and for two files of one name."""
        inputs = cls()
        for one in several(given):
            if hasattr(one, "as_source"):
                inputs.sources.append(one.as_source())
            elif isinstance(one, Mapping):
                inputs.sources.append(dict(one))
            elif is_path(one):
                inputs.add_path(Path(one).expanduser())
            else:
                inputs.sources.append({"url": str(one)})
        return inputs

    @classmethod
    def fanned(cls, entries: Any) -> tuple[dict[str, Path], list[list[dict[str, Any]]]]:
        """The inputs of many jobs, by the entries of a list or a folder: files, each job's under the name of its entry,
        or else sources for each."""
        given = [(one, cls.of(one)) for one in (_entries(Path(entries)) if is_path(entries) else entries)]
        if not any(inputs.files for _, inputs in given):
            return {}, [inputs.sources for _, inputs in given]
        if any(inputs.sources for _, inputs in given):
            raise UsageError(reason="the inputs of single jobs are all of this machine, or none")
        files: dict[str, Path] = {}
        for number, (one, inputs) in enumerate(given):
            for name, file in inputs.files.items():
                below = name
                if not is_path(one):
                    below = f"{number:05}/{name}"
                elif Path(one).expanduser().is_dir():
                    below = f"{Path(one).expanduser().resolve().name}/{name}"
                if below in files:
                    raise UsageError(reason=f"{file} and {files[below]} would be the same job; rename one of them")
                files[below] = file
        return files, []

    def add_path(self, path: Path) -> None:
        """A file under its name; all that is in a folder, under the names it has there."""
        for name, file in _found(path).items():
            if name in self.files:
                told = f"{self.files[name]} and {file} would both be inputs/{name}; rename one of them"
                raise UsageError(reason=told)
            self.files[name] = file


def is_path(one: Any) -> bool:
    """Whether a file or folder of this machine is meant."""
    return isinstance(one, PurePath) or (isinstance(one, str) and not one.startswith(ELSEWHERE))


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, but for what hides."""
    folder = folder.expanduser()
    if not folder.is_dir():
        raise UsageError(reason=f"there is no folder {folder}")
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if not found:
        raise UsageError(reason=f"there is nothing in {folder}")
    return found


def _found(path: Path) -> dict[str, Path]:
    """A file under its name, or all that is in a folder. UsageError where nothing is."""
    if not path.exists():
        raise UsageError(reason=f"there is no file or folder {path}")
    found = dict(files_in(path)) if path.is_dir() else {path.name: path}
    if not found:
        raise UsageError(reason=f"there is no file in the folder {path}")
    if strange := next((name for name in found if not name.isprintable()), None):
        raise UsageError(reason=f"an input cannot be called {strange!r}; rename it")
    return found


def several(given: Any) -> list[Any]:
    """One thing or many, as a list."""
    if given is None:
        return []
    if isinstance(given, str | PurePath | Mapping) or hasattr(given, "as_source"):
        return [given]
    if isinstance(given, Iterable):
        return list(given)
    raise UsageError(reason=f"{given!r} cannot be an input; give a path, an address, or a list of them")


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each file below a folder, by its path within it. UsageError for what can be no input, such as a broken link."""
    for place, folders, names in os.walk(folder, followlinks=True, onerror=_unreadable):
        folders.sort()
        for name in folders:
            _check_no_circle(Path(place, name))
        for name in sorted(names):
            path = Path(place, name)
            if not path.is_file():
                raise UsageError(reason=f"{path} is no file that can be sent: a broken link, a socket or a device")
            yield path.relative_to(folder).as_posix(), path


def _check_no_circle(folder: Path) -> None:
    """A link to a folder is as good as the folder, unless it is around the link."""
    around = folder.absolute().parent.resolve()
    if folder.is_symlink() and folder.resolve() in (around, *around.parents):
        raise UsageError(reason=f"{folder} leads back to a folder that it is in")


def _unreadable(error: OSError) -> None:
    raise UsageError(reason=f"{error.filename} cannot be read: {error.strerror}") from error
