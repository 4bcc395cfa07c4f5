"""Forms with files: nothing is written outside of their folder, whatever a file is called."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import HTTPException, Request

from fuzz.draw import Draw
from fuzz.target import Target, only
from tandem.gateway.uploads import Upload

BOUNDARY = "dd5e2a"
NAMES = ("matrix.mtx.gz", "s1/genes.tsv", "../up", "/etc/passwd", "a//b", ".hidden", "x" * 300, "CON", "a\\b", "s1")
FIELDS = ("files", "samples", "id", "options")
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def run(data: bytes) -> None:
    """The form is made of choices for each second input, else whatever the bytes are."""
    draw = Draw(data)
    kind = draw.text((TYPE,)) if draw.upto(15) == 1 else TYPE
    form = _form(draw) if draw.flag() else draw.rest()
    size = 1 + draw.upto(60_000)
    pieces = iter([form[start : start + size] for start in range(0, len(form), size)])

    async def more() -> dict[str, object]:
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [(b"content-type", kind.encode("latin-1", "replace"))]
    with TemporaryDirectory() as place, only(HTTPException):
        upload = Upload(Path(place, "run"))
        try:
            asyncio.run(upload.receive(Request({"type": "http", "method": "POST", "headers": headers}, more)))
            assert all(path.is_relative_to(upload.folder) for path in upload.paths())
        finally:
            assert {path.name for path in Path(place).iterdir()} <= {"run"}
            assert {path.name for path in upload.folder.glob("*")} <= {"files", "samples"}


def _form(draw: Draw) -> bytes:
    text = b""
    for _ in range(draw.upto(4)):
        text += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{draw.text(FIELDS)}"'.encode("utf-8", "replace")
        if draw.flag():
            text += f'; filename="{draw.text(NAMES)}"'.encode("utf-8", "surrogatepass")
        text += b"\r\n\r\n" + draw.take(draw.upto(30)) + b"\r\n"
    return text + f"--{BOUNDARY}--\r\n".encode()


def seeds() -> list[bytes]:
    """A form as browsers send it, and some choices."""
    form = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="s1/a.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n1,2\r\n--{BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="id"\r\n\r\nmine\r\n--{BOUNDARY}--\r\n'
    )
    return [b"\0\0" + form.encode(), *(bytes([0, 1, 2, 0, 0, 1, 0, name, 3]) for name in range(len(NAMES)))]


TARGET = Target(run, seeds)
