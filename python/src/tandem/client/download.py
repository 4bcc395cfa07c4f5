"""Files on their way from the gateway: under a name of their own until they are whole."""

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from tandem.client.session import Session
from tandem.errors import DownloadDamaged, UsageError

#: So much is read at a time, in bytes.
BLOCK = 1 << 18
#: What everybody may do with a new file, less what this process forbids.
NEW_FILE = 0o666


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
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:100]}.", delete=False) as file:
            part = Path(file.name)
            try:
                digest, size = sha256(), 0
                with session.stream(address) as response:
                    for block in response.iter_bytes(BLOCK):
                        file.write(block)
                        digest.update(block)
                        size += len(block)
                _check(item, size, digest.hexdigest())
                file.flush()
                part.chmod(NEW_FILE & ~_umask())
                part.replace(target)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
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


def _umask() -> int:
    """What new files may not be, by a look that changes nothing where the system tells it."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("Umask:")), 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
