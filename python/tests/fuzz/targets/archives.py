"""Archives: nothing leaves the folder, whatever the archive says."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.draw import Draw
from fuzz.target import Target, only
from tandem.exchange.archives import archive_kind, unpack

FILES = {"s/matrix.mtx": b"%%MatrixMarket\n" * 20, "s/genes.tsv": b"a\tb\n", "leer": b"", "ä/x.csv": b"1,2\n" * 300}
TAR_FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def run(data: bytes) -> None:
    """The archive is gzipped for each second input, so that what is in it is reached."""
    draw = Draw(data)
    gzipped = draw.flag()
    with TemporaryDirectory() as place, only():
        path, folder = Path(place, "archive"), Path(place, "folder")
        content = draw.rest()
        path.write_bytes(gzip.compress(content, 1) if gzipped else content)
        folder.mkdir()
        if archive_kind(path):
            unpack(path, folder)
        assert sorted(found.name for found in Path(place).iterdir()) == ["archive", "folder"]
        assert not any(found.is_symlink() for found in folder.rglob("*"))


def seeds() -> list[bytes]:
    """Each kind of tar, plain and gzipped, and each compression of zip."""
    tars = [_tar(kind) for kind in TAR_FORMATS]
    return [*(b"\1" + tar for tar in tars), b"\0" + tars[0], *(b"\0" + _zip(kind) for kind in COMPRESSIONS)]


def _tar(kind: int) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=kind) as archive:
        long = {} if kind == tarfile.USTAR_FORMAT else {"f" * 120: b"long"}
        for name, content in (FILES | long).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def _zip(kind: int) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", kind) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return whole.getvalue()


TARGET = Target(run, seeds)
