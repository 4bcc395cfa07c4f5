"""Files on their way to the gateway: read block by block, each opened when its turn comes."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from tandem.client.address import notes
from tandem.client.session import Part, Session
from tandem.errors import UsageError

#: From so many bytes on, people are told that something is sent.
WORTH_TELLING = 20_000_000


class Sent:
    """How much is to be sent, and who is told when more of it was."""

    def __init__(self) -> None:
        self.total = 0
        self.listener: Callable[[int], None] = lambda _: None


class FileToSend:
    """What an HTTP client takes for an open file, of which a thousand may wait at once."""

    def __init__(self, path: Path, sent: Sent) -> None:
        self._path, self._sent = path, sent
        self._file: BinaryIO | None = None
        try:
            self._size = path.stat().st_size
        except OSError as error:
            raise _unreadable(path, error) from error
        sent.total += self._size

    def tell(self) -> int:
        """It is asked for its length before it is read."""
        return 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Its length, where its end is sought; else it begins anew."""
        if whence == os.SEEK_END:
            return self._size
        self._close()
        return offset

    def read(self, size: int) -> bytes:
        """The next block; the file is closed with its last one."""
        try:
            if self._file is None:
                self._file = self._path.open("rb")
            block = self._file.read(size)
        except OSError as error:
            raise _unreadable(self._path, error) from error
        if not block:
            self._close()
        self._sent.listener(len(block))
        return block

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def send(
    session: Session,
    address: str,
    fields: Mapping[str, str],
    files: Mapping[str, Path],
    more: Mapping[str, str | Path | None],
) -> Any:
    """A form with files, and with some that have a field of their own; what the gateway answers."""
    sent = Sent()
    parts: list[Part] = [("files", (name, FileToSend(path, sent))) for name, path in files.items()]
    for field, path in more.items():
        if path is not None:
            path = Path(path).expanduser()
            parts.append((field, (path.name, FileToSend(path, sent))))
    with _shown(sent):
        return session.send_form(address, fields, parts)


@contextmanager
def _shown(sent: Sent) -> Iterator[None]:
    """A bar on a terminal, one line elsewhere, nothing for what is quick."""
    if sent.total < WORTH_TELLING:
        yield
        return
    if not notes.is_terminal:
        started = time.monotonic()
        notes.print(f"sending {sent.total / 1e6:,.0f} MB", markup=False)
        yield
        notes.print(f"sent in {time.monotonic() - started:.1f} s", markup=False)
        return
    columns = (TextColumn("sending"), BarColumn(30), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes, transient=True) as progress:
        bar = progress.add_task("", total=sent.total)
        sent.listener = lambda size: progress.advance(bar, size)
        yield


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(reason=f"{path} cannot be read: {error.strerror or error}")
