"""What a job has made goes into the store: files, logs, provenance, and last of all the mark that it is whole."""

import json
import mimetypes
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path
from typing import Any

from tandem.errors import ResultMissing
from tandem.jobs.inputs.blobs import hash_of
from tandem.records.job import COMPLETE
from tandem.stores import Store

OTHER_TYPE = "application/octet-stream"
JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Result:
    """One file of the results."""

    path: str
    size: int
    sha256: str


def check_promised(paths: Sequence[str], promised: Sequence[str]) -> None:
    """ResultMissing where none of the results is what the program promises."""
    missing = [wanted for wanted in promised if not any(fnmatch(path, wanted) for path in paths)]
    if missing:
        raise ResultMissing(missing=", ".join(missing))


def upload(folder: Path, prefix: str, store: Store) -> list[Result]:
    """Put the results under the prefix, each whole. Empty files are told of, and need no object."""
    results = []
    for path in paths_in(folder):
        kind = mimetypes.guess_type(path)[0] or OTHER_TYPE
        with (folder / path).open("rb") as file:
            digest, size = hash_of(file)
            if size:
                store.put(f"{prefix}results/{path}", file, content_type=kind, replace=True)
        results.append(Result(path, size, digest))
    return results


def upload_logs(folder: Path, prefix: str, store: Store) -> None:
    """Put what the job has said under the prefix."""
    for path in paths_in(folder):
        with (folder / path).open("rb") as file:
            if os.fstat(file.fileno()).st_size:
                store.put(f"{prefix}logs/{path}", file, content_type=TEXT_TYPE, replace=True)


def upload_json(told: Mapping[str, Any], key: str, store: Store) -> None:
    """Put an object under the key."""
    body = BytesIO(json.dumps(told, indent=2, ensure_ascii=False).encode())
    store.put(key, body, content_type=JSON_TYPE, replace=True)


def mark_complete(results: list[Result], prefix: str, store: Store) -> None:
    """Say that everything is there, and what."""
    upload_json({"files": [asdict(result) for result in results]}, f"{prefix}results/{COMPLETE}", store)


def paths_in(folder: Path) -> Iterator[str]:
    """The plain files of a folder that a stranger has written to: links may lead anywhere, and are left out."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            shown = path.relative_to(folder).as_posix()
            if stat.S_ISREG(path.lstat().st_mode) and shown.isprintable() and shown != COMPLETE:
                yield shown
