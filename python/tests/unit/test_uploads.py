"""Forms with files go to the disk as they arrive, in whatever pieces they come."""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from tandem.gateway import uploads
from tandem.gateway.uploads import Upload

BOUNDARY = "--------------------------d74496d66958873e"


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """A form as browsers and curl write it: name, name of the file, content."""
    text = b""
    for name, file, content in parts:
        named = f'; filename="{file}"' if file is not None else ""
        text += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'.encode()
        text += (b"Content-Type: application/octet-stream\r\n" if file else b"") + b"\r\n" + content + b"\r\n"
    return text + f"--{BOUNDARY}--\r\n".encode()


def receive(folder: Path, pieces: Sequence[bytes], *, cut: bool = False, length: int | None = None) -> Upload:
    """What becomes of a form that arrives in these pieces."""
    coming: Iterator[bytes] = iter(pieces)

    async def more() -> dict[str, object]:
        piece = next(coming, None)
        if piece is None and cut:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [(b"content-type", f"multipart/form-data; boundary={BOUNDARY}".encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    upload = Upload(folder / "run")
    asyncio.run(upload.receive(Request({"type": "http", "method": "POST", "headers": headers}, more)))
    return upload


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_a_form_is_the_same_in_whatever_pieces_it_comes(tmp_path: Path, size: int):
    content = bytes(range(256)) * 20 + b"\r\n--" + BOUNDARY[:10].encode() + b"\r\n"
    text = form(("files", "s1/matrix.mtx.gz", content), ("id", None, b"mine"), ("files", "s2/ä b.csv", b""))
    upload = receive(tmp_path, [text[start : start + size] for start in range(0, len(text), size)])
    assert upload.fields == {"id": "mine"}
    assert (upload.files / "s1" / "matrix.mtx.gz").read_bytes() == content
    assert (upload.files / "s2" / "ä b.csv").read_bytes() == b""
    assert [path.name for path in upload.paths()] == ["s1", "s2"]


def test_what_belongs_to_a_matrix_is_read_together(tmp_path: Path):
    names = ("matrix.mtx.gz", "barcodes.tsv.gz", "features.tsv.gz")
    upload = receive(tmp_path, [form(*(("files", name, b"x") for name in names))])
    assert upload.paths() == (upload.files,)


def test_files_of_other_kinds_are_an_input_each(tmp_path: Path):
    upload = receive(tmp_path, [form(("files", "b.h5", b"x"), ("files", "a.h5", b"x"), ("samples", "s.csv", b"y"))])
    assert [path.name for path in upload.paths()] == ["a.h5", "b.h5"]
    assert upload.single["samples"].read_bytes() == b"y"


def test_what_desktops_leave_and_empty_choices_are_left_out(tmp_path: Path):
    upload = receive(tmp_path, [form(("files", "a/.DS_Store", b"x"), ("samples", "", b""), ("files", "a/x.csv", b"x"))])
    assert [path.name for path in upload.files.rglob("*")] == ["a", "x.csv"]
    assert not upload.single


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([("files", "../x", b"")], "leads out"),
        ([("files", "/etc/x", b"")], "leads out"),
        ([("files", ".bashrc", b"")], "hidden"),
        ([("files", "a", b"1"), ("files", "a", b"2")], "two files"),
        ([("files", "a", b"1"), ("files", "a/b", b"2")], "two files"),
        ([("files", "a/b", b"1"), ("files", "a", b"2")], "two files"),
        ([("samples", "a", b"1"), ("samples", "b", b"2")], "more than one"),
        ([("other", "a", b"1")], "not as 'other'"),
        ([("id", None, b"x" * 10_000_001)], "too long"),
        ([(f"field{number}", None, b"") for number in range(30)], "fields"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_kept_is_refused(tmp_path: Path, parts: list[tuple[str, str | None, bytes]], said: str):
    with pytest.raises(HTTPException, match=said) as refused:
        receive(tmp_path, [form(*parts)])
    assert refused.value.status_code == 422
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("text", [b"", b"nonsense", form(("files", "a", b"x"))[:-30], form(("id", None, b"x"))[:50]])
def test_a_form_that_is_none_or_ends_early_is_refused(tmp_path: Path, text: bytes):
    with pytest.raises(HTTPException) as refused:
        receive(tmp_path, [text])
    assert refused.value.status_code == 422


def test_a_form_that_is_broken_off_says_so(tmp_path: Path):
    with pytest.raises(ClientDisconnect):
        receive(tmp_path, [form(("files", "a", b"x" * 1000))[:500]], cut=True)


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path):
    with pytest.raises(HTTPException, match="UTF-8"):
        receive(tmp_path, [form(("files", "NAME", b"")).replace(b"NAME", b"M\xfcller")])


def test_where_the_disk_has_no_room_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(HTTPException, match="no room") as refused:
        receive(tmp_path, [], length=1 << 60)
    assert refused.value.status_code == 507
    usage = shutil.disk_usage(tmp_path)
    frees = iter([1 << 40, 1 << 40, 1])
    monkeypatch.setattr(uploads, "LOOK_BYTES", 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=next(frees)))
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(HTTPException, match="no room"):
        receive(tmp_path, [form(("files", "a", b"x" * 1500), ("files", "b", b"x" * 1500))])
