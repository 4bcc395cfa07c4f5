"""Files on their way from the gateway: under a name of their own until they are whole."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from tandem.client.session import Session
from tandem.durable import written_whole
from tandem.errors import DownloadDamaged, UsageError

#: So much is read at a time, in bytes.
BLOCK = 1 << 18


def targets(folder: Path, items: Sequence[dict[str, Any]], *, overwrite: bool) -> dict[str, Path]:
    """Where each result goes. UsageError, before anything is fetched, for what is there already."""
    found = {item["path"]: _within(folder, item["path"]) for item in items}
    there = [path for path in found.values() if path.exists() or path.is_symlink()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise UsageError(reason=f"{there[0]}{more} would be overwritten; choose another folder, or ask to overwrite")
    return found


def fetch(session: Session, address: str, target: Path, item: dict[str, Any]) -> None:
    """One file into its place, if it arrived as it was made."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(target) as file:
            digest, size = sha256(), 0
            with session.stream(address) as response:
                for block in response.iter_bytes(BLOCK):
                    file.write(block)
                    digest.update(block)
                    size += len(block)
            _check(item, size, digest.hexdigest())
    except OSError as error:
        raise UsageError(reason=f"{target} cannot be written: {error.strerror or error}") from error


def _check(item: dict[str, Any], size: int, digest: str) -> None:
    if item.get("size") not in (None, size):
        raise DownloadDamaged(path=item["path"], reason=f"{size:,} of {item['size']:,} bytes came")
    if item.get("sha256") not in (None, digest):
        raise DownloadDamaged(path=item["path"], reason="its content is another one")


def _within(folder: Path, name: str) -> Path:
    """A path below the folder, whatever a gateway calls its files."""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise UsageError(reason=f"a result called '{name}' cannot be put into a folder")
    return folder.joinpath(*parts)
