"""Archives that mean harm, and such that are broken, are refused by one sentence."""

import gzip
import io
import os
import stat
import tarfile
import zipfile

import pytest

from helpers.data_sets import small_counts, write_folder, write_h5
from helpers.reading import packed, refused


def zip_of(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def tar_of(path, *members):
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def tar_member(name, kind=tarfile.REGTYPE, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, target, 1 if kind == tarfile.REGTYPE else 0
    return member


def zip_link():
    member = zipfile.ZipInfo("s/features.tsv.gz")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize("name", ["../evil.csv", "a/../../evil.csv", "/tmp/evil.csv", "..\\evil.csv", "C:\\evil.csv"])
def test_names_that_lead_out_are_refused(tmp_path, name):
    for path in (zip_of(tmp_path / "s.zip", (name, "x")), tar_of(tmp_path / "s.tar.gz", tar_member(name))):
        assert "a name that leads out of the folder" in refused(tmp_path, path)
        (tmp_path / "parcel").rmdir()
    assert not list(tmp_path.rglob("evil.csv"))


@pytest.mark.parametrize(
    "member",
    [
        tar_member("s/link", tarfile.SYMTYPE, "/etc/passwd"),
        tar_member("s/link", tarfile.LNKTYPE, "s/other"),
        tar_member("s/device", tarfile.CHRTYPE),
        tar_member("s/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda member: member.name,
)
def test_what_is_no_plain_file_is_refused(tmp_path, member):
    assert "which is no plain file" in refused(tmp_path, tar_of(tmp_path / "s.tar", member))


def test_a_link_in_a_zip_is_refused(tmp_path):
    path = zip_of(tmp_path / "s.zip", (zip_link(), "/etc/passwd"))
    assert "it holds 's/features.tsv.gz', which is no plain file" in refused(tmp_path, path)


def test_an_archive_that_grows_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tandem.exchange.archives.HARMLESS_BYTES", 1 << 20)
    path = zip_of(tmp_path / "s.zip", ("s.csv", b"0" * (8 << 20)))
    assert "more than 200 times as large as itself" in refused(tmp_path, path)


def test_an_archive_that_does_not_fit_the_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tandem.exchange.archives.PART_OF_DISK", 0)
    assert "there is no room on the disk" in refused(tmp_path, zip_of(tmp_path / "s.zip", ("s.csv", b"0")))


def test_an_archive_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tandem.exchange.archives.MOST_FILES", 3)
    path = zip_of(tmp_path / "s.zip", *((f"{number}.csv", "x") for number in range(4)))
    assert "it holds more than 3 files" in refused(tmp_path, path)


def test_files_of_the_same_name_are_refused(tmp_path):
    path = tar_of(tmp_path / "s.tar", tar_member("a"), tar_member("a"))
    assert "it holds two files of the same name" in refused(tmp_path, path)


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zip_of(tmp_path / "s.zip", ("s.csv", "x"))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "it is encrypted; unpack it with its password first" in refused(tmp_path, path)


def test_archives_in_an_archive_are_said(tmp_path):
    inner = zip_of(tmp_path / "inner.zip", ("s.csv", "x"))
    path = zip_of(tmp_path / "s.zip", ("inner.zip", inner.read_bytes()))
    assert "it holds other archives, which are not opened" in refused(tmp_path, path)


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz"])
def test_a_truncated_archive_is_refused(tmp_path, ending):
    noise = os.urandom(50_000)
    whole = tmp_path / f"whole.{ending}"
    if ending == "zip":
        zip_of(whole, ("s.bin", noise))
    else:
        (tmp_path / "s.bin").write_bytes(noise)
        with tarfile.open(whole, "w:gz" if ending == "tar.gz" else "w") as archive:
            archive.add(tmp_path / "s.bin", "s.bin")
    (tmp_path / f"s.{ending}").write_bytes(whole.read_bytes()[:30_000])
    assert "the archive is damaged or cut off" in refused(tmp_path, tmp_path / f"s.{ending}")


def test_an_archive_may_hold_several_samples(tmp_path):
    with tarfile.open(tmp_path / "GSE1_RAW.tar", "w") as archive:
        for name in ("GSM1_left", "GSM2_right"):
            archive.add(
                write_h5(tmp_path / f"{name}_filtered_feature_bc_matrix.h5", small_counts()),
                f"{name}_filtered_feature_bc_matrix.h5",
            )
    _, facts, _ = packed(tmp_path, tmp_path / "GSE1_RAW.tar")
    assert facts["samples"] == {"left": 30, "right": 30}
    assert [file["name"] for file in facts["notes"]["files"]] == ["GSE1_RAW.tar"] * 2


def test_what_macs_add_is_passed_over(tmp_path):
    folder = write_folder(tmp_path / "made", small_counts())
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"s/{file.name}")
            archive.writestr(f"__MACOSX/s/._{file.name}", "x")
    _, facts, _ = packed(tmp_path, tmp_path / "s.zip")
    assert facts["samples"] == {"s": 30}


def test_what_is_wrong_in_an_archive_is_told_of_it(tmp_path):
    folder = write_folder(tmp_path / "made", small_counts(), version=2)
    text = (folder / "matrix.mtx").read_text()
    path = zip_of(
        tmp_path / "data.zip",
        *((f"s/{name}", (folder / name).read_bytes()) for name in ("genes.tsv", "barcodes.tsv")),
        ("s/matrix.mtx", text + "x\n"),
    )
    assert refused(tmp_path, path).startswith(f"{path}/s/matrix.mtx cannot be imported: line ")


def test_what_is_wrong_in_a_gzipped_file_is_told_of_it(tmp_path):
    whole = write_h5(tmp_path / "s.h5", small_counts()).read_bytes()
    (tmp_path / "s.h5.gz").write_bytes(gzip.compress(whole[:-100]))
    assert refused(tmp_path, tmp_path / "s.h5.gz").startswith(
        f"{tmp_path}/s.h5.gz/s.h5 cannot be imported: its HDF5 is"
    )


def tar_in_pieces(path, *pieces):
    """A gzipped tar of these bytes."""
    with gzip.open(path, "wb", 1) as file:
        for piece in pieces:
            file.write(piece)
    return path


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_only_fills_memory_is_not_read(tmp_path, kind):
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 1 << 40
    path = tar_in_pieces(tmp_path / "s.tar.gz", header.tobuf(tarfile.GNU_FORMAT), b"\0" * (1 << 20))
    assert "the archive is damaged or cut off" in refused(tmp_path, path)


def test_a_map_of_holes_that_only_fills_memory_is_not_read(tmp_path):
    header = tarfile.TarInfo("x")
    header.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1"}
    header.size = 1 << 33
    numbers = b"9" * 10 + b"\n" + b"1\n" * (1 << 20)
    path = tar_in_pieces(tmp_path / "s.tar.gz", header.tobuf(tarfile.PAX_FORMAT), numbers)
    assert "the archive is damaged or cut off" in refused(tmp_path, path)


def test_folders_without_end_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tandem.exchange.archives.MOST_FILES", 3)
    path = tar_of(tmp_path / "s.tar.gz", *(tar_member(f"f{number}", tarfile.DIRTYPE) for number in range(5)))
    assert "it holds more than 3 files or folders" in refused(tmp_path, path)


@pytest.mark.parametrize("at", [1024, 1024 + 124])
def test_of_a_tar_that_is_damaged_in_the_middle_nothing_is_taken(tmp_path, at):
    whole = bytearray(
        gzip.decompress(tar_of(tmp_path / "w.tgz", tar_member("a.csv"), tar_member("b.csv")).read_bytes())
    )
    whole[at] ^= 0x81
    (tmp_path / "s.tar").write_bytes(whole)
    assert "the archive is damaged or cut off" in refused(tmp_path, tmp_path / "s.tar")


def test_a_damaged_zip_of_lzma_is_refused(tmp_path):
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("s.csv", bytes(range(256)) * 40)
    whole = path.read_bytes()
    path.write_bytes(whole[:60] + b"\xff" * 20 + whole[80:])
    assert "the archive is damaged or cut off" in refused(tmp_path, path)


def test_a_zip_that_names_a_file_nothing_is_refused(tmp_path):
    path = zip_of(tmp_path / "s.zip", ("a", "x"))
    path.write_bytes(path.read_bytes().replace(b"a", b"\0"))
    assert "it holds a file without a name" in refused(tmp_path, path)
