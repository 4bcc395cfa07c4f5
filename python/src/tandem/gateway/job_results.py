"""The files that jobs have made, as they lie in the store."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import RawIOBase

from tandem.errors import ObjectMissing
from tandem.gateway.blocks import blocks
from tandem.records.job import COMPLETE, Job
from tandem.stores import Store


@dataclass(frozen=True)
class Listed:
    """One file; its hash where the list of them is complete."""

    path: str
    size: int
    sha256: str | None


def listed(store: Store, job: Job) -> tuple[list[Listed], bool]:
    """The files, and whether these are all of them."""
    prefix = f"{job.result_prefix}results/"
    try:
        with store.get(f"{prefix}{COMPLETE}") as file:
            told = json.loads(file.read())
        files = sorted(told["files"], key=lambda one: str(one["path"]))
        return [Listed(one["path"], one["size"], one["sha256"]) for one in files], True
    except ObjectMissing:
        return [Listed(one.key.removeprefix(prefix), one.size, None) for one in store.list(prefix)], False


def zipped(store: Store, files: Sequence[tuple[str, str, int]]) -> Iterator[bytes]:
    """An archive of the files (name, key, size), made as it is read."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, key, size in files:
            with archive.open(name, "w", force_zip64=True) as entry:
                if size:
                    with store.get(key) as body:
                        for block in blocks(body):
                            entry.write(block)
                            yield outlet.taken()
            yield outlet.taken()
    yield outlet.taken()


class _Outlet(RawIOBase):
    """Where an archive is written to, and at once taken from."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, block: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Keep it until it is taken."""
        self._blocks.append(bytes(block))
        return len(block)

    def taken(self) -> bytes:
        """What was written since the last time."""
        whole, self._blocks = b"".join(self._blocks), []
        return whole
