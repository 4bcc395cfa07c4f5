"""Forms with files, written to the disk as they arrive: in constant memory, and without a second copy."""

import asyncio
import re
import shutil
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, NoReturn

from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tandem.durable import DISK_FULL
from tandem.gateway.upload_names import fault_in_upload
from tandem.litter import is_litter

#: So much is gathered before it is handed to a thread that writes it, in bytes.
BLOCK_BYTES = 1 << 20
#: So much of the disk stays free, and so often it is looked at, in bytes.
RESERVE_BYTES, LOOK_BYTES = 256 << 20, 64 << 20
#: What a form may hold beside its files: so many fields of so many bytes, the wish of a large sweep among them.
MOST_FIELDS, FIELD_BYTES = 20, 10_000_000
MOST_FILES = 10_000
#: No length of a form has so many digits.
LONG_NUMBER = 20
#: A matrix in a file of its own, which is read together with those beside it.
MARKET_FILE = re.compile(r"\.mtx(?:\.gz)?$", re.IGNORECASE)

Sink = Callable[[bytes], None]


def refuse(status: HTTPStatus, sentence: str) -> NoReturn:
    """Answer with a problem."""
    raise HTTPException(status, sentence)


class Upload:
    """One form: its files in a folder that its owner removes, its fields in memory."""

    def __init__(self, folder: Path, singles: tuple[str, ...] = ("samples",)) -> None:
        """Files come as `files`, as many as there are, and one each by the names of `singles`."""
        self.folder = folder
        self.fields: dict[str, str] = {}
        self.names: list[str] = []
        self.single: dict[str, Path] = {}
        self._singles = singles

    @property
    def files(self) -> Path:
        """Where the files are kept under their own names."""
        return self.folder / "files"

    def paths(self) -> tuple[Path, ...]:
        """What an import is given: each file or folder that was sent, or the folder of all where a matrix lies among
        the files that belong to it."""
        found = sorted(self.files.iterdir()) if self.files.is_dir() else []
        return (self.files,) if any(MARKET_FILE.search(path.name) for path in found) else tuple(found)

    async def receive(self, request: Request) -> None:
        """Take the form in. HTTPException for one that is not taken; ClientDisconnect where it is broken off."""
        kind, options = parse_options_header(request.headers.get("Content-Type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send a form with files, as multipart/form-data.")
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            told = f"The data folder takes no files: {error.strerror or error}."
            refuse(HTTPStatus.INSUFFICIENT_STORAGE, told)
        length = request.headers.get("Content-Length", "")
        self._check_disk(int(length) if length.isdecimal() and len(length) < LONG_NUMBER else 0)
        form = _Form(options[b"boundary"], self)
        gathered = bytearray()
        try:
            async for block in request.stream():
                gathered += block
                if len(gathered) >= BLOCK_BYTES:
                    await asyncio.to_thread(form.write, bytes(gathered))
                    gathered.clear()
            await asyncio.to_thread(form.write, bytes(gathered))
            form.check_whole()
        except FormParserError:
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "The form cannot be read: it is not multipart/form-data.")
        except OSError as error:
            if error.errno in DISK_FULL:
                self._check_disk(1 << 62)
            raise
        finally:
            form.close()

    def sink(self, field: str, name: str | None) -> tuple[Sink, Callable[[], None]]:
        """Where a part of the form goes, and what is to be done at its end."""
        if name is None:
            return self._field(field)
        if not name or is_litter(name):
            return (lambda _: None), (lambda: None)
        if field not in ("files", *self._singles):
            known = " or ".join(f"'{name}'" for name in ("files", *self._singles))
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"Files are sent as {known}, not as '{field[:50]}'.")
        if (fault := fault_in_upload(name)) is not None:
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"A file cannot be called {name[:100]!r}: {fault}.")
        return self._file(field, name)

    def _field(self, field: str) -> tuple[Sink, Callable[[], None]]:
        if len(self.fields) >= MOST_FIELDS:
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The form has more than {MOST_FIELDS} fields.")
        value = bytearray()

        def take(block: bytes) -> None:
            value.extend(block)
            if len(value) > FIELD_BYTES:
                refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"The field '{field[:50]}' is too long.")

        def end() -> None:
            self.fields[field] = value.decode("utf-8", "replace")

        return take, end

    def _file(self, field: str, name: str) -> tuple[Sink, Callable[[], None]]:
        self.names.append(name)
        if len(self.names) > MOST_FILES:
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"More than {MOST_FILES:,} files; send an archive of them.")
        path = self.folder / field / name
        if field in self._singles:
            path = self.folder / field / path.name
            if field in self.single:
                refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"There is more than one file sent as '{field}'.")
            self.single[field] = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb", buffering=0)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, f"There are two files called {name[:100]!r}.")
        return _to_file(file, self._check_disk), file.close

    def _check_disk(self, coming: int = 0) -> None:
        """507 where the disk has no room."""
        free = shutil.disk_usage(self.folder).free
        if free < RESERVE_BYTES + coming:
            told = f"There is no room on the disk for these files: {free >> 20:,} MB are free."
            refuse(HTTPStatus.INSUFFICIENT_STORAGE, f"{told} Make some, then send them again.")


def _to_file(file: BinaryIO, look: Callable[[], None]) -> Sink:
    written = 0

    def take(block: bytes) -> None:
        nonlocal written
        view = memoryview(block)
        while view:
            view = view[file.write(view) :]
        written += len(block)
        if written >= LOOK_BYTES:
            written = 0
            look()

    return take


class _Form:
    """Cuts the bytes of a form into its parts, and lets each flow where it belongs."""

    def __init__(self, boundary: bytes, upload: Upload) -> None:
        self._upload = upload
        self._header, self._value = bytearray(), bytearray()
        self._disposition = ""
        self._take: Sink = lambda _: None
        self._end: Callable[[], None] = lambda: None
        self._whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": lambda data, start, end: self._take(data[start:end]),
                "on_part_end": self._part_ends,
                "on_end": self._all_ends,
            },
        )

    def write(self, block: bytes) -> None:
        """Take more of the form."""
        self._parser.write(block)

    def check_whole(self) -> None:
        """422 for a form that was cut off."""
        if not self._whole:
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "The form ends in the middle. Send it again.")

    def close(self) -> None:
        """Let go of the file that is being written."""
        self._end()

    def _part_begins(self) -> None:
        self._disposition = ""

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        try:
            name = options[b"filename"].decode() if b"filename" in options else None
            self._take, self._end = self._upload.sink(options.get(b"name", b"").decode(), name)
        except UnicodeDecodeError:
            refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "The name of a file is not in UTF-8.")

    def _part_ends(self) -> None:
        self._end()
        self._take, self._end = (lambda _: None), (lambda: None)

    def _all_ends(self) -> None:
        self._whole = True
