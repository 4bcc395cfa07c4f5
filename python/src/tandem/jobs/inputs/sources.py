"""Where inputs come from: each source becomes a manifest whose files are kept."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tandem.errors import InputGone, InputUnfit, InputUnusable, ObjectMissing
from tandem.exchange.archives import archive_kind, unpack
from tandem.jobs.inputs.blobs import BLOCK, TRANSFERS, Blobs
from tandem.jobs.inputs.download import download
from tandem.jobs.inputs.manifest import Manifest, check_number, checked
from tandem.litter import LITTER, is_litter
from tandem.records.job import COMPLETE
from tandem.settings import Settings
from tandem.stores.base import Store


def from_folder(path: Path, blobs: Blobs) -> Manifest:
    """All files of a folder of this machine."""
    names = list(_files(path))
    check_number(names)
    with ThreadPoolExecutor(TRANSFERS) as pool:
        return Manifest(pool.map(lambda name: blobs.entry(path / name, name), names))


def from_archive(path: Path, blobs: Blobs, called: str | None = None) -> Manifest:
    """What a zip or tar archive holds; `called` is its name to people. InputUnfit where it is none or means harm."""
    name = called or path.name
    with blobs.scratch() as folder:
        try:
            if archive_kind(path) is None:
                raise InputUnfit(field=name, reason="it is no zip and no tar archive")
            unpack(path, folder)
        except InputUnusable as fault:
            raise InputUnfit(field=name, reason=str(fault.facts["reason"])) from None
        found = from_folder(folder, blobs)
    if not found.entries:
        raise InputUnfit(field=name, reason="there are no files in it")
    return found


def from_url(url: str, blobs: Blobs, settings: Settings) -> Manifest:
    """The object, all objects under a prefix that ends with `/`, or the page at an address."""
    with blobs.scratch() as folder:
        download(url, folder, settings)
        return from_folder(folder, blobs)


def from_archive_at(url: str, blobs: Blobs, settings: Settings) -> Manifest:
    """What the archive at an address holds."""
    with blobs.scratch() as folder:
        download(url, folder, settings)
        files = list(_files(folder))
        if len(files) != 1:
            raise InputUnfit(field=url, reason="it is no single archive")
        return from_archive(folder / files[0], blobs, called=url)


def from_job(prefix: str, path: str | None, store: Store, blobs: Blobs) -> Manifest:
    """The results that lie under a prefix of the store, like `runs/<job id>/results/`; with a path, that file or folder
    of them alone. InputUnfit where they are not complete, or have no such file."""
    try:
        with store.get(f"{prefix}{COMPLETE}") as body:
            whole = Manifest.from_json(json.dumps(json.loads(body.read())["files"]))
    except ObjectMissing:
        raise InputUnfit(field=prefix, reason="there are no complete results of this job") from None
    chosen = [entry for entry in whole.entries if path is None or _is_at(entry.path, path)]
    if path is not None and not chosen:
        raise InputUnfit(field=path[:200], reason=f"it is not among the {len(whole.entries)} results of this job")
    for entry in chosen:
        if not blobs.has(entry.sha256):
            _copy(store, f"{prefix}{entry.path}", blobs)
    return Manifest(chosen)


def _files(folder: Path) -> Iterator[str]:
    """The files of a folder that somebody may want; InputUnfit for one that is no plain file or has no plain name."""
    for where, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if name not in LITTER)
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        for name in sorted([*names, *links]):
            path = Path(where) / name
            if is_litter(name):
                continue
            inside = path.relative_to(folder).as_posix()
            if not stat.S_ISREG(path.lstat().st_mode):
                raise InputUnfit(field=inside, reason="it is no plain file; give the file itself")
            yield checked(inside)


def _copy(store: Store, key: str, blobs: Blobs) -> None:
    blobs.cache.mkdir(parents=True, exist_ok=True)
    try:
        with store.get(key) as body:
            if body.seekable():
                blobs.keep(body)
                return
            with blobs.scratch() as folder, (folder / "copy").open("x+b") as file:
                shutil.copyfileobj(body, file, BLOCK)
                blobs.keep(file)
    except ObjectMissing:
        raise InputGone(reason=f"{key} is not in the store any more") from None


def _is_at(found: str, path: str) -> bool:
    return found == path or found.startswith(f"{path.rstrip('/')}/")


def _refuse(error: OSError) -> None:
    raise InputUnfit(field=Path(error.filename).name, reason=f"it cannot be read: {error.strerror}") from None
